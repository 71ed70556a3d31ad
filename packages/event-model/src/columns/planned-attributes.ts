import type { PlannedSource, ProfilePlan } from '../profile-plan.ts';

/** Where rows of a kind have an attribute from. */
export interface PlannedRows {
  readonly kind: number;
  readonly source: PlannedSource;
}

/** What may become of the events of some kinds. */
export interface PlannedAttributes {
  /** Paths of the attributes that the kinds may have, sorted. */
  readonly paths: readonly string[];
  /** By path, kind after kind; the sources of a kind end with the first constant. */
  readonly sources: ReadonlyMap<string, readonly PlannedRows[]>;
}

/** Sets of kinds remembered: batches of a source are of few. Past them everything is forgotten. */
const maxSets = 1_024;

/** Makes what is planned for the kinds of a batch, once per set of kinds: a source has tens of kinds, a batch a few of them. */
export function createAttributePlans(plan: ProfilePlan): (kinds: readonly number[]) => PlannedAttributes {
  const known = new Map<string, PlannedAttributes>();
  return (kinds) => {
    const key = kinds.join();
    let planned = known.get(key);
    if (planned === undefined) {
      if (known.size === maxSets) known.clear();
      planned = planFor(plan, kinds);
      known.set(key, planned);
    }
    return planned;
  };
}

function planFor(plan: ProfilePlan, kinds: readonly number[]): PlannedAttributes {
  const sources = new Map<string, PlannedRows[]>();
  for (const kind of kinds) {
    for (const [path, all] of plan.kinds[kind]?.attributes ?? []) {
      const constant = all.findIndex((source) => source.kind === 'constant');
      const some = constant === -1 ? all : all.slice(0, constant + 1);
      const list = sources.get(path) ?? [];
      for (const source of some) list.push({ kind, source });
      sources.set(path, list);
    }
  }
  return { paths: plan.attributePaths.filter((path) => path === 'time' || sources.has(path)), sources };
}
