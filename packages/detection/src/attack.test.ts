import { expect, test } from 'vitest';
import names from '../attack-names.json' with { type: 'json' };
import { tacticsOf, techniquesOf } from './attack.ts';

test('techniques and sub-techniques have id, name, link and tactics', () => {
  expect(techniquesOf(['attack.execution', 'attack.T1059.001', 'attack.t1053', 'attack.t1059.001'])).toEqual([
    {
      id: 'T1059.001',
      name: 'PowerShell',
      url: 'https://attack.mitre.org/techniques/T1059/001/',
      tactics: ['Execution'],
    },
    {
      id: 'T1053',
      name: 'Scheduled Task/Job',
      url: 'https://attack.mitre.org/techniques/T1053/',
      tactics: ['Execution', 'Persistence', 'Privilege Escalation'],
    },
  ]);
});

test('a technique that is not in the table has its link all the same', () => {
  expect(techniquesOf(['attack.t9999.001'])).toEqual([
    { id: 'T9999.001', name: null, url: 'https://attack.mitre.org/techniques/T9999/001/', tactics: [] },
  ]);
});

test('tactics are named, in either spelling, also new ones; groups, software and other tags are no tactics', () => {
  expect(
    tacticsOf([
      'attack.command-and-control',
      'attack.command_and_control',
      'attack.brand-new',
      'attack.g0007',
      'attack.s0001',
      'attack.t1003',
      'cve.2021-44228',
    ]),
  ).toEqual(['Command and Control', 'Brand New']);
});

test('the table is consistent: tactics are known, sub-techniques have their technique', () => {
  const tactics = Object.keys(names.tactics);
  for (const technique of Object.values(names.techniques)) {
    expect(tactics).toEqual(expect.arrayContaining(technique.tactics));
  }
  const techniques = Object.keys(names.techniques);
  for (const id of Object.keys(names.subTechniques)) expect(techniques).toContain(id.slice(0, 5));
});
