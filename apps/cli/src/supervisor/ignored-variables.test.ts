import { expect, it } from 'vitest';
import { ignoredVariables } from './ignored-variables.ts';

it('names the variables that have no effect on a platform of one machine, and what to use instead', () => {
  expect(ignoredVariables({ LAKE_DIR: '/lake', HTTP_PORT: '80', OPS_PORT: '9', RULES_DIRS: '/r' })).toBe(
    '3 variables of the environment ignored, which the platform sets itself: HTTP_PORT (use --port), LAKE_DIR (use --data-dir), OPS_PORT',
  );
  expect(ignoredVariables({ HTTP_PORT: ' ', RULES_DIRS: '/r', HOME: '/home' })).toBeUndefined();
});
