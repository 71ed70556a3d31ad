import { type RuleLoaded, topics } from '@parapet/event-model';
import type { Producer } from '@parapet/kafka';
import type { Logger } from '@parapet/service';
import type { RuleInUse } from './create-analyser.ts';

/**
 * Tells on `parapet.rules` which rules are in use: all of them first, later those that are new or changed. A rule that is
 * gone is not told of: alerts that it raised go on to name it, so those who list rules keep it as it was.
 */
export function createRulePublisher(deps: {
  readonly producer: Pick<Producer, 'send'>;
  readonly log: Logger;
  readonly now: () => number;
}): (rules: readonly RuleInUse[]) => Promise<void> {
  const { producer, log, now } = deps;
  let told = new Map<string, string>();
  let publishing: Promise<void> = Promise.resolve();

  async function publish(rules: readonly RuleInUse[]): Promise<void> {
    const loadedAt = now();
    const current = new Map(rules.map(({ snapshot }) => [snapshot.id, JSON.stringify(snapshot)]));
    const changed = rules.filter(({ snapshot: { id } }) => told.get(id) !== current.get(id));
    try {
      await producer.send(
        topics.rules.name,
        changed.map(({ snapshot }) => ({
          key: snapshot.id,
          value: JSON.stringify({ schema: 1, rule: snapshot, loadedAt } satisfies RuleLoaded),
        })),
      );
      told = current;
    } catch (err) {
      log.warn(
        { err, rules: changed.length },
        'The list of rules could not be published; findings still carry theirs',
      );
    }
  }

  return (rules) => {
    publishing = publishing.then(() => publish(rules));
    return publishing;
  };
}
