import { ConfigError } from '@parapet/service';
import type { RuleError } from '@parapet/sigma';
import { describe, expect, it } from 'vitest';
import type { RuleInUse } from './create-analyser.ts';
import type { LoadedRules } from './rule-files.ts';
import { brokenBecause, createRuleReloader, type RuleState } from './rule-reloader.ts';

const aRule = (id: string): RuleInUse => ({
  snapshot: { id, title: id, level: 'low', references: [], tags: [], falsePositives: [] },
  path: `${id}.yml`,
});
const anError = (id: string, over: Partial<RuleError> = {}): RuleError => ({
  path: `${id}.yml`,
  line: 3,
  column: 5,
  code: 'invalid_condition',
  message: 'The condition is empty.',
  ...over,
});

/** Files that hold these rules, and workers that take them; what happens is in `events`. */
function build(first: readonly string[], workerCount = 2) {
  const events: string[] = [];
  const stopping = new AbortController();
  const state = {
    digest: 'first',
    rules: first,
    errors: [] as RuleError[],
    fault: undefined as Error | undefined,
    afterLoad: () => {},
    compileFault: undefined as Error | undefined,
    /** The process is stopped while this worker compiles. */
    stopAt: -1,
  };
  const reloader = createRuleReloader({
    files: {
      async look() {
        return { digest: state.digest, folders: [] };
      },
      async load(): Promise<LoadedRules> {
        events.push('load');
        const { rules, errors, fault } = state;
        state.afterLoad();
        if (fault) throw fault;
        // The fakes pass ids on: what a parsed rule looks like does not matter here.
        return {
          rules: rules as never,
          filters: [],
          errors,
          files: rules.length,
          withoutRules: [],
          placeholders: {},
        };
      },
    },
    workers: Array.from({ length: workerCount }, (_, index) => ({
      async prepare({ rules }) {
        events.push(`prepare ${index}`);
        if (index === 1 && state.compileFault) throw state.compileFault;
        await Promise.resolve();
        if (state.stopAt === index) stopping.abort();
        events.push(`prepared ${index}`);
        return { rules: (rules as unknown as string[]).map(aRule), errors: [] };
      },
      swap: async () => void events.push(`swap ${index}`),
      discard: async () => void events.push(`discard ${index}`),
    })),
    telemetry: {
      rulesUsed: ({ generation, loaded, added, removed }) =>
        events.push(`used ${generation}: ${loaded} rules, +${added} -${removed}`),
      rulesKept: (reason) => events.push(`kept: ${reason}`),
    },
    publish: (rules) => events.push(`publish ${rules.map(({ snapshot }) => snapshot.id)}`),
    settle: async () => {},
    stopping: stopping.signal,
  });
  return {
    reloader,
    state,
    take: () => events.splice(0),
    write(rules: readonly string[], errors: RuleError[] = []) {
      Object.assign(state, { rules, errors, digest: `${state.digest}+` });
    },
  };
}

describe('the reloading of rules', () => {
  it('takes a changed set over: compiled by one worker after the other, then swapped by all', async () => {
    const { reloader, write, take } = build(['a', 'b']);
    await reloader.start();
    take();
    expect(await reloader.look()).toBe('unchanged');
    expect(take()).toEqual([]);
    write(['a', 'c']);
    expect(await reloader.look()).toBe('used');
    expect(take()).toEqual([
      'load',
      'prepare 0',
      'prepared 0',
      'prepare 1',
      'prepared 1',
      'swap 0',
      'swap 1',
      'used 2: 2 rules, +1 -b',
      'publish a,c',
    ]);
    expect(await reloader.look()).toBe('unchanged');
  });

  it('keeps the last good set while a file of it is broken, says so once, and goes on when it is mended', async () => {
    const { reloader, write, take } = build(['a', 'b']);
    await reloader.start();
    take();
    write(['a'], [anError('b')]);
    expect(await reloader.look()).toBe('kept');
    expect(take()).toEqual([
      'load',
      'prepare 0',
      'prepared 0',
      'discard 0',
      'discard 1',
      'kept: A rule in use was broken: b.yml:3:5: The condition is empty. Correct the file; it is read again when it changes.',
    ]);
    expect(await reloader.look()).toBe('unchanged');
    expect(take()).toEqual([]);
    write(['a', 'b']);
    expect(await reloader.look()).toBe('used');
    expect(take()).toContain('used 2: 2 rules, +0 -');
  });

  it('does not read files that are still being written', async () => {
    const { reloader, state, write, take } = build(['a']);
    await reloader.start();
    take();
    write(['a', 'b']);
    state.afterLoad = () => write(['a', 'b', 'c']);
    expect(await reloader.look()).toBe('changing');
    state.afterLoad = () => {};
    expect(await reloader.look()).toBe('used');
    expect(take()).toContain('publish a,b,c');
  });

  it('does not count a file as broken that went away while it was read', async () => {
    const { reloader, state, write, take } = build(['a']);
    await reloader.start();
    take();
    write(['a']);
    state.fault = new Error('ENOENT');
    state.afterLoad = () => {
      state.digest = 'later';
      state.fault = undefined;
      state.afterLoad = () => {};
    };
    expect(await reloader.look()).toBe('changing');
    expect(await reloader.look()).toBe('used');
    expect(take().filter((event) => event.startsWith('kept'))).toEqual([]);
  });

  it('keeps the set when the files cannot be read, and tells a problem that lasts once', async () => {
    const { reloader, state, write, take } = build(['a']);
    await reloader.start();
    take();
    write(['a']);
    state.fault = new ConfigError(['The rule folder /r cannot be read.']);
    reloader.force();
    expect(await reloader.look()).toBe('kept');
    reloader.force();
    expect(await reloader.look()).toBe('kept');
    expect(take()).toEqual(['load', 'kept: The rule folder /r cannot be read.', 'load']);
  });

  it('is used by no worker when one of them cannot compile it', async () => {
    const { reloader, state, write, take } = build(['a']);
    await reloader.start();
    take();
    write(['a', 'b']);
    state.compileFault = new Error('a fault');
    expect(await reloader.look()).toBe('kept');
    expect(take().filter((event) => /swap|used|discard|kept/.test(event))).toEqual([
      'discard 0',
      'discard 1',
      'kept: a fault',
    ]);
  });

  it('is given up without a word when the process stops', async () => {
    const { reloader, state, write, take } = build(['a']);
    await reloader.start();
    take();
    write(['a', 'b']);
    state.stopAt = 0;
    await reloader.look();
    expect(take()).toEqual(['load', 'prepare 0', 'prepared 0', 'discard 0', 'discard 1']);
  });

  it('reads unchanged files again when asked to', async () => {
    const { reloader, take } = build(['a'], 1);
    await reloader.start();
    take();
    reloader.force();
    expect(await reloader.look()).toBe('used');
    expect(await reloader.look()).toBe('unchanged');
  });

  it('fails at the start when the files cannot be read', async () => {
    const { reloader, state } = build(['a']);
    state.fault = new Error('Correct RULES_DIRS.');
    await expect(reloader.start()).rejects.toThrow('Correct RULES_DIRS.');
  });
});

describe('a new set of rules', () => {
  const empty: RuleState = { rules: [], errors: [], withoutRules: [] };
  const before = { rules: [aRule('a'), aRule('b')], errors: [anError('old')], withoutRules: [] };

  it.each([
    ['more rules', { rules: [aRule('a'), aRule('b'), aRule('c')], errors: [] }],
    ['fewer rules, whose files are gone', { rules: [aRule('a')], errors: [] }],
    ['a new file that is refused', { rules: before.rules, errors: [anError('old'), anError('new')] }],
    [
      'a file whose rule comes from another file now',
      { rules: before.rules, errors: [anError('b', { code: 'duplicate_id', ruleId: 'b' })] },
    ],
  ])('may hold %s', (_, next) => {
    expect(brokenBecause(before, { withoutRules: [], ...next })).toBeUndefined();
  });

  it('may not hold nothing where there were rules, but may where there were none', () => {
    expect(brokenBecause(before, empty)).toMatch(/no rule that can be used.*2 are in use/);
    expect(brokenBecause(empty, empty)).toBeUndefined();
  });

  it('may not lose a rule in use to an error', () => {
    expect(
      brokenBecause(before, { ...empty, rules: [aRule('a')], errors: [anError('b'), anError('b')] }),
    ).toMatch(/b\.yml:3:5: The condition is empty\. \(and 1 more\)/);
  });

  it('may lose a rule of a file whose other faults are old, wherever they are now, and gain faults with no rule lost', () => {
    const mixed = { ...empty, rules: [aRule('a'), aRule('b')], errors: [anError('a')] };
    expect(
      brokenBecause(mixed, { ...empty, rules: [aRule('b')], errors: [anError('a', { line: 9 })] }),
    ).toBeUndefined();
    expect(
      brokenBecause(mixed, { ...mixed, errors: [anError('a'), anError('a', { message: 'Another.' })] }),
    ).toBeUndefined();
    expect(
      brokenBecause(mixed, {
        ...empty,
        rules: [aRule('b')],
        errors: [anError('a', { message: 'Another.' })],
      }),
    ).toMatch(/a\.yml:3:5: Another\./);
    expect(
      brokenBecause(mixed, { ...empty, rules: [aRule('b')], errors: [anError('a', { ruleId: 'a' })] }),
    ).toMatch(/a\.yml/);
  });

  it('may not lose a rule that was moved and broken at once, but one that an old fault elsewhere is about', () => {
    const next = { ...empty, rules: [aRule('a')], errors: [anError('moved', { ruleId: 'b' })] };
    expect(brokenBecause(before, next)).toMatch(/A rule in use was broken: moved\.yml:3:5/);
    expect(brokenBecause({ ...before, errors: next.errors }, next)).toBeUndefined();
  });

  it('may not lose a rule whose file is still there and holds none, but one whose rule moved or whose file is gone', () => {
    const next = { ...empty, rules: [aRule('a')], withoutRules: ['b.yml'] };
    expect(brokenBecause(before, next)).toBe(
      'A rule in use was broken: b.yml holds no rule any more, where "b" was. Put it back; to do without the rule, delete the file.',
    );
    expect(brokenBecause(before, { ...next, rules: before.rules })).toBeUndefined();
    expect(brokenBecause(before, { ...next, withoutRules: ['a.yml'] })).toBeUndefined();
  });
});
