import { z } from 'zod';
import { type Answer, criticalities } from './enrichment.ts';
import { type Knowledge, noAnswers } from './provider.ts';
import type { Row } from './record-limits.ts';
import { visitAll } from './records.ts';
import { definedValues, flagField, listField, textField } from './row-fields.ts';
import { createRowProblems, misfit } from './row-problems.ts';

/** One row of a user file. `name` may be `DOMAIN\name` or `name@domain`. */
export const UserRow = z.object({
  name: textField.pipe(z.string()),
  domain: textField,
  privileged: flagField,
  service_account: flagField,
  department: textField,
  title: textField,
  manager: textField,
  criticality: z
    .union([z.string(), z.null()])
    .transform((value) => (value ?? '').trim().toLowerCase() || undefined)
    .pipe(z.enum(criticalities).optional())
    .optional(),
  tags: listField,
});

export interface UserOptions {
  readonly provider: string;
  readonly rows: Iterable<Row>;
  readonly asOf: number;
}

interface User {
  readonly domain: string | undefined;
  readonly answers: readonly Answer[];
}

/**
 * Users by name, without regard to case. A user with a domain is meant by a name with the same domain (`CORP` and
 * `corp.example.com` are the same), and by a name without a domain where no other user has the name; a user without a
 * domain is meant by every name that no user with a domain fits.
 */
export async function createUserKnowledge({ provider, rows, asOf }: UserOptions): Promise<Knowledge> {
  const users = new Map<string, User[]>();
  let entries = 0;
  const problems = createRowProblems(Object.keys(UserRow.shape));
  let number = 0;
  await visitAll(rows, (row) => {
    number += 1;
    problems.look(row);
    const { data, error } = UserRow.safeParse(row);
    const name = data && splitUser(data.name, data.domain);
    if (data === undefined || name === undefined) {
      problems.reject(number, error === undefined ? 'its name is only a domain' : misfit(row, error));
      return;
    }
    const { privileged, service_account, department, title, manager, criticality, tags } = data;
    const values = definedValues({
      privileged,
      service_account,
      department,
      title,
      manager,
      criticality,
      tags: tags.length > 0 ? tags.join(', ') : undefined,
    });
    const others = (users.get(name.name) ?? []).filter(({ domain }) => domain !== name.domain);
    if (others.length >= maxSameName) {
      problems.reject(number, `more than ${maxSameName} domains have a user of that name`);
      return;
    }
    users.set(name.name, [
      ...others,
      { domain: name.domain, answers: [{ kind: 'user', provider, asOf, values }] },
    ]);
    entries += 1;
  });
  if (entries === 0 && problems.rejected > 0) throw new Error('No row names a user: each needs a name.');

  return {
    entries,
    rejected: problems.rejected,
    problems: problems.sentences,
    dependsOnDomain: (text) => {
      const { name, domain } = splitUser(text, undefined) ?? {};
      if (name === undefined || domain !== undefined) return false;
      return users.get(name)?.some((user) => user.domain !== undefined) ?? false;
    },
    answer(question) {
      const asked = splitUser(question.text, question.domain);
      const found = asked && users.get(asked.name);
      if (asked === undefined || found === undefined) return noAnswers;
      const { domain } = asked;
      if (domain === undefined && found.length === 1) return found[0]?.answers ?? noAnswers;
      const fitting =
        domain === undefined
          ? undefined
          : found.find((user) => user.domain !== undefined && isSameDomain(user.domain, domain));
      return (fitting ?? found.find((user) => user.domain === undefined))?.answers ?? noAnswers;
    },
  };
}

/** Users of one name in different domains; more are refused. */
const maxSameName = 64;

/** Name and domain in lower case; a domain within the name goes before the one beside it. */
function splitUser(
  text: string,
  beside: string | undefined,
): { name: string; domain: string | undefined } | undefined {
  const lower = text.trim().toLowerCase();
  const slash = lower.lastIndexOf('\\');
  const at = lower.lastIndexOf('@');
  let name = lower;
  let domain = beside?.trim().toLowerCase();
  if (slash !== -1) {
    name = lower.slice(slash + 1);
    domain = lower.slice(0, slash);
  } else if (at > 0) {
    name = lower.slice(0, at);
    domain = lower.slice(at + 1);
  }
  // Windows writes `.\name` for a local account and `-` for no domain.
  if (domain === '' || domain === '.' || domain === '-') domain = undefined;
  return name === '' ? undefined : { name, domain };
}

function isSameDomain(a: string, b: string): boolean {
  return (
    a === b || (a.startsWith(`${b}.`) && !b.includes('.')) || (b.startsWith(`${a}.`) && !a.includes('.'))
  );
}
