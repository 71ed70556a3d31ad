/** What a rule asks, over atoms: numbered questions that each hold or do not hold for an event. */
export type Expression =
  | { readonly kind: 'atom'; readonly atom: number }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'count'; readonly atLeast: number; readonly of: readonly Expression[] };

export function all(of: readonly Expression[]): Expression {
  return join('and', of);
}

export function any(of: readonly Expression[]): Expression {
  return join('or', of);
}

export function not(of: Expression): Expression {
  return of.kind === 'not' ? of.of : { kind: 'not', of };
}

export function count(atLeast: number, of: readonly Expression[]): Expression {
  if (atLeast === of.length) return all(of);
  return atLeast === 1 ? any(of) : { kind: 'count', atLeast, of };
}

function join(kind: 'and' | 'or', of: readonly Expression[]): Expression {
  const flat = of.flatMap((part) => (part.kind === kind ? part.of : [part]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind, of: flat };
}

/** Whether the expression holds, given which atoms hold. */
export function holds(expression: Expression, atom: (atom: number) => boolean): boolean {
  switch (expression.kind) {
    case 'atom':
      return atom(expression.atom);
    case 'not':
      return !holds(expression.of, atom);
    case 'and':
      for (const part of expression.of) if (!holds(part, atom)) return false;
      return true;
    case 'or':
      for (const part of expression.of) if (holds(part, atom)) return true;
      return false;
    case 'count': {
      let missing = expression.atLeast;
      for (const part of expression.of) if (holds(part, atom) && --missing === 0) return true;
      return false;
    }
  }
}

export function atomsOf(expression: Expression, into: Set<number> = new Set()): Set<number> {
  if (expression.kind === 'atom') into.add(expression.atom);
  else if (expression.kind === 'not') atomsOf(expression.of, into);
  else for (const part of expression.of) atomsOf(part, into);
  return into;
}

/** What is looked for to find a rule: whenever the rule holds, one of `atoms` holds or one of `absent` does not. */
export interface Witness {
  readonly atoms: ReadonlySet<number>;
  readonly absent: ReadonlySet<number>;
  /** How often one of them is expected to tell. */
  readonly cost: number;
}

/**
 * The cheapest witness of an expression; undefined when it holds for every event, or for none. `costOf` estimates how often
 * an atom holds, or, for `negated` ones, does not.
 */
export function witnessOf(
  expression: Expression,
  costOf: (atom: number, negated: boolean) => number,
  negated = false,
): Witness | undefined {
  switch (expression.kind) {
    case 'atom': {
      const [own, other] = [new Set([expression.atom]), new Set<number>()];
      const cost = costOf(expression.atom, negated);
      return negated ? { atoms: other, absent: own, cost } : { atoms: own, absent: other, cost };
    }
    case 'not':
      return witnessOf(expression.of, costOf, !negated);
    case 'count':
      // All but (atLeast - 1) of the parts may fail, so one of any such choice holds; all parts together are such a choice.
      return union(expression.of.map((part) => witnessOf(part, costOf, negated)));
    default: {
      const parts = expression.of.map((part) => witnessOf(part, costOf, negated));
      const isAnd = (expression.kind === 'and') !== negated;
      return isAnd ? cheapest(parts) : union(parts);
    }
  }
}

function cheapest(parts: readonly (Witness | undefined)[]): Witness | undefined {
  let best: Witness | undefined;
  for (const part of parts)
    if (part !== undefined && (best === undefined || part.cost < best.cost)) best = part;
  return best;
}

function union(parts: readonly (Witness | undefined)[]): Witness | undefined {
  const atoms = new Set<number>();
  const absent = new Set<number>();
  let cost = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    for (const atom of part.atoms) atoms.add(atom);
    for (const atom of part.absent) absent.add(atom);
    cost += part.cost;
  }
  return { atoms, absent, cost };
}
