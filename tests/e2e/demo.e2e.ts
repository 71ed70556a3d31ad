import { describe, expect, it } from 'vitest';
import { runParapet } from '../support/platform.ts';

describe('parapet demo', () => {
  it('shows alerts with assets and events joined, tells three intrusions, and exits 0', async () => {
    const { code, out, err } = await runParapet(['demo', '--events', '2000']);
    expect({ code, err: code === 0 ? '' : `${out}\n${err}` }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^HIGH +PowerShell Started With an Encoded Command +wks-007\S* +g\.lind +T1059\.001.* \d[\d.]* m?s$/m,
    );
    expect(out.match(/^Intrusion \d: .* - all \d+ steps seen$/gm)).toHaveLength(3);
    expect(out).toMatch(/One query over three subgraphs[\s\S]*the latest first:\n {4}\d{4}-/);
    expect(out).toMatch(/records sent +2,048 /);
    expect(out).toMatch(/events kept +2,041, /);
    expect(out).toMatch(/dead letters +7: .*invalid_json 2/);
    expect(out).toMatch(/latency +p50 .* p99 /);
    // No colour and no cursor movement goes into a pipe.
    expect(out.includes('\u001b')).toBe(false);
  });

  it('exits 1 when the rules that matched are not those expected', async () => {
    const { code, out, err } = await runParapet([
      'demo',
      '--capture',
      new URL('fixtures/one-shell.ndjson', import.meta.url).pathname,
      '--expect',
      new URL('fixtures/one-shell.expected.ndjson', import.meta.url).pathname,
    ]);
    expect(out).toContain('missing  ');
    expect(out).toContain('00000000-0000-4000-8000-000000000000');
    expect(err).toContain('The rules that matched are not those expected.');
    expect(code).toBe(1);
  });
});
