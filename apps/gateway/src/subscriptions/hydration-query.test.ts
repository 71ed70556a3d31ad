import { getOperationAST, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { toHydrationQuery } from './hydration-query.ts';

const rewrite = (text: string, variables: Record<string, unknown> = {}) => {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('no operation');
  return toHydrationQuery(document, operation, variables);
};
const printed = (text: string, variables = {}) =>
  print(rewrite(text, variables).document).replace(/\s+/g, ' ').trim();

describe('toHydrationQuery', () => {
  it('asks for the announced entity by its id, under the name the subscriber gave', () => {
    expect(
      printed('subscription S($m: Severity) { x: alertRaised(minSeverity: $m) { id } }', { m: 'high' }),
    ).toBe('query ($alertId: ID!) { x: alert(id: $alertId) { id } }');
  });

  it('keeps the variables and fragments that the selection uses, however deep', () => {
    const text = `subscription S($m: Severity, $n: Int, $unused: Int) { alertRaised(minSeverity: $m) { ...A } }
      fragment A on Alert { asset { ...B } } fragment B on Asset { events(first: $n) { id } } fragment C on Alert { id }`;
    const query = rewrite(text, { m: 'high', n: 3 });
    const result = print(query.document);
    expect(result).toContain('query ($alertId: ID!, $n: Int)');
    expect(result).toContain('fragment A');
    expect(result).toContain('fragment B');
    expect(result).not.toMatch(/fragment C|\$m|\$unused/);
    expect(query.variables).toEqual({ n: 3 });
  });

  it('follows a fragment at the root and joins what is selected in parts', () => {
    const text =
      'subscription { ...R alertRaised { title } } fragment R on Subscription { ... { alertRaised { id } } }';
    expect(printed(text)).toBe('query ($alertId: ID!) { alertRaised: alert(id: $alertId) { id title } }');
  });

  it('finds a name for its variable that is free', () => {
    const query = rewrite('subscription S($alertId: ID) { alertRaised { related(id: $alertId) { id } } }', {
      alertId: 'mine',
    });
    expect(query.idVariable).toBe('alertId_');
    expect(query.variables).toEqual({ alertId: 'mine' });
  });

  it('gives equal keys to what asks the same, and only to that', () => {
    const key = (text: string, variables = {}) => rewrite(text, variables).key;
    const base = 'subscription A($m: Severity, $n: Int) { alertRaised(minSeverity: $m) { e(first: $n) } }';
    expect(key(base, { n: 1, m: 'low' })).toBe(
      key(base.replace('subscription A', 'subscription B'), { m: 'high', n: 1 }),
    );
    expect(key(base, { n: 1 })).not.toBe(key(base, { n: 2 }));
    expect(key(base, { n: 1 })).not.toBe(key(base.replace('alertRaised', 'x: alertRaised'), { n: 1 }));
  });

  it.each([
    'subscription { alertRaised @skip(if: false) { id } }',
    'subscription { ... @include(if: true) { alertRaised { id } } }',
    'subscription { somethingElse { id } }',
  ])('refuses %s', (text) => {
    expect(() => rewrite(text)).toThrow();
  });
});
