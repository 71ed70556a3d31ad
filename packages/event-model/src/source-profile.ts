import type { AliasPart } from './alias-part.ts';
import type { AttributeTransform } from './attribute-transform.ts';
import type { TimeFormat } from './event-time.ts';
import type { FieldTest } from './field-test.ts';
import type { Scalar } from './field-value.ts';
import type { LogSource } from './log-source.ts';
import type { OcsfClass } from './ocsf-class.ts';

/**
 * What Parapet knows about one log source, as data: how to recognise its events, where each shape of them keeps the
 * fields that Sigma rules name, which kinds of events there are, and what each kind is in OCSF.
 */
export interface SourceProfile {
  /** Kebab case; also the `source` of its events. */
  readonly id: string;
  /** OCSF `metadata.product`. */
  readonly product: { readonly name: string; readonly vendor?: string };
  /** Platform of the machine that logs, where the source tells: `windows`, `linux`, ... */
  readonly platform?: string;
  /** Tried in order. An event is of this source when all tests of one shape hold. */
  readonly shapes: readonly SourceShape[];
  /** Where the event's time is, tried in order; the record's timestamp where none holds a time. */
  readonly time: readonly TimeField[];
  /** OCSF attributes of every event of the source; those of the event's kind win. */
  readonly attributes: AttributeMap;
  /** Tried in order; the last one must hold for every event. */
  readonly kinds: readonly EventKind[];
}

/** One way in which shippers lay out the same fields. */
export interface SourceShape {
  readonly id: string;
  /** Asked of the event as it came: fields are paths from its root. */
  readonly when: readonly FieldTest[];
  /** Paths that a field's name is appended to, in order of preference; `''` is the root. `*` stands for any one key. */
  readonly prefixes: readonly string[];
  /** Paths of fields that are named otherwise here, in order, before the prefixes. */
  readonly aliases?: Readonly<Record<string, readonly AliasPath[]>>;
}

/** A path, or a part of the text at a path; of several parts each is taken out of the one before. */
export type AliasPath = string | { readonly path: string; readonly as: AliasPart | readonly AliasPart[] };

export interface TimeField {
  readonly field: string;
  readonly format: TimeFormat;
}

export interface EventKind {
  /** Tests of fields by the source's own names (after the shape's aliases). */
  readonly when: readonly FieldTest[];
  /** What a rule's `logsource` may name; a rule looks at an event when its `logsource` is a subset of one of these. */
  readonly logSources: readonly LogSource[];
  readonly class: OcsfClass;
  /** OCSF activity: its id within the class and its name. */
  readonly activity: readonly [id: number, name: string];
  /** OCSF severity_id; 1 (informational) where nothing says otherwise. */
  readonly severity?: number;
  readonly attributes?: AttributeMap;
}

/** OCSF attribute path -> where its value comes from; the first source that yields a value wins. */
export type AttributeMap = Readonly<Record<string, AttributeSource | readonly AttributeSource[]>>;

export type AttributeSource =
  /** The field's value as it is; `-`, empty text and null count as absent. */
  | string
  | { readonly field: string; readonly as: AttributeTransform }
  /** The values of the fields that are there, in this order, with a blank between them. */
  | { readonly joined: readonly string[] }
  /** Values of the field (compared without case) and what they are in OCSF. */
  | { readonly field: string; readonly map: Readonly<Record<string, Scalar>>; readonly otherwise?: Scalar }
  | { readonly value: Scalar };
