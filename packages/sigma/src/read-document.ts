import { readPlainYaml } from './plain-yaml.ts';
import { readYaml } from './read-yaml.ts';
import type { YamlNode } from './yaml-node.ts';

/**
 * Reads one YAML document whose first line is line `firstLine` of its file; undefined when it is empty.
 * @throws RuleProblem `yaml_syntax` or `yaml_limit`
 */
export function readDocument(text: string, firstLine: number): YamlNode | undefined {
  const unix = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text;
  return readPlainYaml(unix, firstLine) ?? readYaml(unix, firstLine);
}
