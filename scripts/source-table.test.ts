import { describe, expect, it } from 'vitest';
import { sourceProfiles } from '../packages/event-model/src/index.ts';
import { isSourcesPageCurrent, toSourcesPage } from './source-table.ts';

describe('docs/sources.md', () => {
  it('agrees with the source profiles (else run: node scripts/source-table.ts)', async () => {
    expect(await isSourcesPageCurrent()).toBe(true);
  });

  it('has a row and a table for each profile, with log sources and classes', () => {
    const page = toSourcesPage(sourceProfiles);
    for (const { id } of sourceProfiles) {
      expect(page).toContain(`| [\`${id}\`](#${id}) |`);
      expect(page).toContain(`\n### ${id}\n`);
    }
    expect(page).toContain(
      '| product windows, service windefend; category antivirus | Detection Finding (2004): Create, Update |',
    );
    expect(page).toContain('| none | Base Event (0): Other |');
  });
});
