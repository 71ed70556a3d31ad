import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRiskWeights, RiskWeightsError } from './parse-risk-weights.ts';
import { defaultRiskWeights } from './risk-weights.ts';

test('what a file leaves out keeps its default', () => {
  expect(parseRiskWeights('')).toEqual(defaultRiskWeights);
  expect(parseRiskWeights('{}')).toEqual(defaultRiskWeights);
  const weights = parseRiskWeights('event:\n  ruleLevels:\n    high: 65\nentity: { halfLifeHours: 24 }\n');
  expect(weights.event.ruleLevels).toEqual({ ...defaultRiskWeights.event.ruleLevels, high: 65 });
  expect(weights.entity).toEqual({ ...defaultRiskWeights.entity, halfLifeHours: 24 });
  expect(weights.levels).toEqual(defaultRiskWeights.levels);
});

test('JSON is read as well as YAML, and names may be numbers', () => {
  expect(parseRiskWeights('{"event": {"indicator": 40}}').event.indicator).toBe(40);
  expect(parseRiskWeights('event:\n  autonomousSystems:\n    64496: 7').event.autonomousSystems).toEqual({
    64496: 7,
  });
});

test('a table of names replaces the default one', () => {
  expect(defaultRiskWeights.event.zones).toEqual({ dmz: 5 });
  expect(parseRiskWeights('event: { zones: { lab: 3 } }').event.zones).toEqual({ lab: 3 });
});

test.each([
  ['event: { ruleLevels: { high: 101 } }', 'event.ruleLevels.high'],
  ['event: { ruleLevels: { hihg: 10 } }', 'hihg'],
  ['event: { indicator: -1 }', 'event.indicator'],
  ['event: { indicator: .inf }', 'event.indicator'],
  ['event: { countries: { Germany: 1 } }', 'event.countries'],
  ['entity: { halfLifeHours: 0 }', 'entity.halfLifeHours'],
  ['levels: { low: 50, medium: 10 }', 'must rise from low to critical'],
  ['weights: 1', 'weights'],
  ['[1]', 'object'],
  ['a: [', 'not YAML'],
  ['a: 1\na: 2', 'not YAML'],
  ['a: &a [1]\nb: *a', 'not YAML'],
  [`event: { zones: { ${Array.from({ length: 1001 }, (_, i) => `z${i}: 1`).join(', ')} } }`, 'at most 1000'],
  [' '.repeat(1024 * 1024 + 1), 'longer than'],
])('%.60s is refused with what is wrong', (text, part) => {
  expect(() => parseRiskWeights(text)).toThrow(RiskWeightsError);
  expect(() => parseRiskWeights(text)).toThrow(part);
});

test('any text gives weights or a RiskWeightsError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parseRiskWeights(text);
      } catch (error) {
        expect(error).toBeInstanceOf(RiskWeightsError);
      }
    }),
  );
});
