import type { EventKind } from '@parapet/event-model';
import type { DetectionNode, RuleSet, SigmaRule } from '@parapet/sigma';

/** The rules that look at events of some log sources, and the fields each of them reads. */
export interface RuleWants {
  readonly rules: readonly SigmaRule[];
  /** Field -> the rules that read it. */
  readonly fields: ReadonlyMap<string, readonly SigmaRule[]>;
  /** Rules that look at every value of an event. */
  readonly withKeywords: number;
}

export function createRuleWants(set: RuleSet): (logSources: EventKind['logSources']) => RuleWants {
  const known = new Map<string, RuleWants>();
  const fieldsOf = new Map<SigmaRule, ReadonlySet<string | undefined>>();
  return (logSources) => {
    const key = JSON.stringify(logSources);
    let wants = known.get(key);
    if (wants === undefined) {
      wants = collect(set.forLogSources(logSources).rules, fieldsOf);
      known.set(key, wants);
    }
    return wants;
  };
}

function collect(
  rules: readonly SigmaRule[],
  fieldsOf: Map<SigmaRule, ReadonlySet<string | undefined>>,
): RuleWants {
  const fields = new Map<string, SigmaRule[]>();
  let withKeywords = 0;
  for (const rule of rules) {
    let read = fieldsOf.get(rule);
    if (read === undefined) {
      read = new Set([...rule.detection.searches.values()].flatMap((node) => [...fieldsIn(node)]));
      fieldsOf.set(rule, read);
    }
    for (const field of read) {
      if (field === undefined) withKeywords += 1;
      else fields.set(field, [...(fields.get(field) ?? []), rule]);
    }
  }
  return { rules, fields, withKeywords };
}

/** The fields that a detection reads; undefined for keywords. */
function* fieldsIn(node: DetectionNode): Iterable<string | undefined> {
  if (node.kind === 'item') yield node.item.field;
  else for (const part of node.of) yield* fieldsIn(part);
}
