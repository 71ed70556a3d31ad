import type { Column, Dictionary, EventBatch } from '@parapet/event-model';
import {
  type AnswerMemo,
  addAnswers,
  copyAnswers,
  createAnswerMemo,
  dependsOnDomain,
  growMemo,
} from './answer-memo.ts';
import { type AttributeLookup, attributeLookups } from './attribute-lookups.ts';
import type { Answer, AttributeAnswer, EnrichedColumn, Enricher, Enrichment } from './enrichment.ts';
import { noAnswers, type Provider } from './provider.ts';
import { type Question, textsOf } from './question.ts';
import { within } from './within.ts';

export interface EnricherOptions {
  /** In the order of their answers. */
  readonly providers: readonly Provider[];
  /** @default attributeLookups */
  readonly attributes?: readonly AttributeLookup[];
  /** Longest time that `prepare` takes, milliseconds. @default 50 */
  readonly prepareMs?: number;
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number;
}

/**
 * Asks the providers once per distinct value. The answers for the codes of a dictionary are remembered beside it and die
 * with it; they are asked again when a provider's data changed. It owns the providers: `close` closes them.
 */
export function createEnricher(options: EnricherOptions): Enricher {
  const { providers, attributes = attributeLookups, prepareMs = 50, now = Date.now } = options;
  const lookups = attributes
    .map((attribute) => createLookup(attribute, { providers, now }))
    .filter((lookup) => lookup.isUsed);
  const slow = lookups.filter((lookup) => lookup.isAsynchronous);

  return {
    enrich(batch) {
      const present = lookups.flatMap((lookup) => {
        const column = batch.attribute(lookup.path);
        return column === undefined ? [] : [{ lookup, column }];
      });
      const block = new Uint32Array(present.length * batch.length);
      const columns: EnrichedColumn[] = [];
      for (const { lookup, column } of present) {
        // A column in which nothing is known leaves its place in the block to the next one.
        const start = columns.length * batch.length;
        const codes = block.subarray(start, start + batch.length);
        const known = lookup.fill(batch, column, codes);
        if (known !== undefined) columns.push({ path: lookup.path, codes, known });
      }
      return createEnrichment(batch, columns);
    },
    async prepare(batch) {
      const work = slow.flatMap((lookup) => {
        const column = batch.attribute(lookup.path);
        return column === undefined ? [] : [lookup.resolve(batch, column)];
      });
      if (work.length > 0) await within(Promise.allSettled(work), prepareMs);
    },
    asynchronous: slow.length > 0,
    async refresh() {
      await Promise.all(providers.map((provider) => provider.refresh()));
    },
    status: () => providers.map((provider) => provider.status()),
    async close() {
      for (const provider of providers) provider.close();
    },
  };
}

function createEnrichment(batch: EventBatch, columns: readonly EnrichedColumn[]): Enrichment {
  return {
    batch,
    columns,
    answersAt: (row) => {
      const found: AttributeAnswer[] = [];
      for (const { path, codes, known } of columns) {
        for (const answer of known[codes[row] ?? 0] ?? []) found.push({ path, answer });
      }
      return found;
    },
  };
}

interface Lookup {
  readonly path: string;
  readonly isUsed: boolean;
  readonly isAsynchronous: boolean;
  /** Writes a code for each row; returns what the codes mean, or undefined when nothing is known of any row. */
  fill(batch: EventBatch, column: Column, codes: Uint32Array): readonly (readonly Answer[])[] | undefined;
  resolve(batch: EventBatch, column: Column): Promise<void>;
}

function createLookup(
  { path, types, domainPath }: AttributeLookup,
  { providers, now }: { readonly providers: readonly Provider[]; readonly now: () => number },
): Lookup {
  const mine = providers.filter((provider) => types.some((type) => provider.types.has(type)));
  const slow = mine.filter((provider) => provider.resolve !== undefined);
  const answering = mine.filter((provider) => !provider.isAllowList);
  const allowing = mine.filter((provider) => provider.isAllowList);
  const memos = new WeakMap<Dictionary, AnswerMemo>();
  const state = (): string => mine.map((provider) => provider.revision()).join();
  const arrivals = (): number => slow.reduce((sum, provider) => sum + provider.arrivals, 0);

  const memoOf = (dictionary: Dictionary): AnswerMemo => {
    const current = state();
    let memo = memos.get(dictionary);
    if (memo?.state !== current) {
      memo = createAnswerMemo(current);
      memos.set(dictionary, memo);
    }
    growMemo(memo, dictionary.size);
    if (slow.length === 0) return memo;
    const arrived = arrivals();
    if (memo.pending.length === 0 || memo.arrivals !== arrived || now() >= memo.askAgainAt) {
      for (const code of memo.pending) memo.codes[code] = 0;
      if (memo.pending.length > 0) memo.pairs.clear();
      memo.pending = [];
      memo.arrivals = arrived;
      memo.askAgainAt = now() + askAgainMs;
    }
    return memo;
  };

  const questionsOf = (dictionary: Dictionary, code: number, domain?: string): Question[] =>
    textsOf(dictionary.valueOf(code)).flatMap((text) => types.map((type) => ({ type, text, domain })));

  const answersTo = (questions: readonly Question[]): readonly Answer[] => {
    const found = new Set<Answer>();
    for (const question of questions) {
      const allowed = allowing.flatMap((provider) =>
        provider.types.has(question.type) ? provider.answer(question) : noAnswers,
      );
      for (const provider of answering) {
        if (!provider.types.has(question.type)) continue;
        for (const answer of provider.answer(question)) {
          if (!allowed.some((good) => isExcused(answer, good))) found.add(answer);
        }
      }
    }
    return [...found];
  };

  const needMore = (questions: readonly Question[]): boolean =>
    slow.some((provider) =>
      questions.some((question) => provider.types.has(question.type) && provider.needs(question)),
    );

  /** The remembered answer of a code, one more than its index in `known`; asks for it when it is new. */
  const ask = (memo: AnswerMemo, dictionary: Dictionary, code: number): number => {
    const questions = questionsOf(dictionary, code);
    const isSplit =
      domainPath !== undefined &&
      questions.some(({ text }) => mine.some((provider) => provider.dependsOnDomain(text)));
    const answer = isSplit ? dependsOnDomain : addAnswers(memo, answersTo(questions));
    memo.codes[code] = answer;
    if (needMore(questions)) memo.pending.push(code);
    return answer;
  };

  const askPair = (memo: AnswerMemo, name: Place, domain: Place<Dictionary | undefined>): number => {
    if (memo.domains !== domain.dictionary || memo.pairs.size >= maxPairs) {
      memo.pairs.clear();
      memo.domains = domain.dictionary;
    }
    const key = name.code * domainCodes + domain.code;
    const remembered = memo.pairs.get(key);
    if (remembered !== undefined) return remembered;
    const text =
      domain.code === 0 || domain.dictionary === undefined
        ? undefined
        : textsOf(domain.dictionary.valueOf(domain.code))[0];
    const answer = addAnswers(memo, answersTo(questionsOf(name.dictionary, name.code, text)));
    memo.pairs.set(key, answer);
    return answer;
  };

  const fill: Lookup['fill'] = (batch, { dictionary, codes }, out) => {
    const memo = memoOf(dictionary);
    let any = copyAnswers(memo.codes, codes, out);
    if (any >= 0) return any === 0 ? undefined : memo.known;
    const domains = domainPath === undefined ? undefined : batch.attribute(domainPath);
    any = 0;
    for (let row = 0; row < out.length; row += 1) {
      const code = codes[row] ?? 0;
      let answer = memo.codes[code] ?? 0;
      if (answer === 0) answer = ask(memo, dictionary, code);
      if (answer === dependsOnDomain) {
        const domain = { dictionary: domains?.dictionary, code: domains?.codes[row] ?? 0 };
        answer = askPair(memo, { dictionary, code }, domain);
      }
      out[row] = answer - 1;
      any |= answer - 1;
    }
    return any === 0 ? undefined : memo.known;
  };

  return {
    path,
    isUsed: answering.length > 0,
    isAsynchronous: slow.length > 0,
    fill,
    async resolve(batch, column) {
      fill(batch, column, new Uint32Array(batch.length));
      const { pending = [] } = memos.get(column.dictionary) ?? {};
      const questions = pending.slice(-maxResolved).flatMap((code) => questionsOf(column.dictionary, code));
      await Promise.all(
        slow.map((provider) =>
          provider.resolve?.(
            questions.filter((question) => provider.types.has(question.type) && provider.needs(question)),
          ),
        ),
      );
    },
  };
}

/** A good host may have a bad page: an indicator for one URL is excused by the same URL alone. */
function isExcused({ kind, values }: Answer, good: Answer): boolean {
  return kind === 'indicator' && (values['type'] !== 'url' || good.values['type'] === 'url');
}

interface Place<D = Dictionary> {
  readonly dictionary: D;
  readonly code: number;
}

/** How often values are asked again for which an asynchronous provider had no answer yet. */
const askAgainMs = 1_000;
/** Values of one attribute that one `prepare` resolves. */
const maxResolved = 10_000;
const maxPairs = 100_000;
/** More than a dictionary ever holds. */
const domainCodes = 2 ** 21;
