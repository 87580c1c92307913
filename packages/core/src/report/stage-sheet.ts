import { problem } from '../errors.js';
import type { Registry } from '../plugins/registry.js';
import { didYouMean } from '../stages/did-you-mean.js';
import { stageKinds, type StageKind } from '../stages/interfaces.js';

/** One option of a stage, for lists and docs. */
export interface OptionSheet {
  readonly name: string;
  readonly type: string;
  /** JSON; undefined where the option must be given. */
  readonly default: string | undefined;
  readonly range: string;
  readonly description: string;
}

/** What is to be known of a stage. */
export interface StageSheet {
  readonly name: string;
  readonly kind: StageKind;
  readonly summary: string;
  /** `takes edges`, `gives clusters`, `trainable`, `needs a kNN graph` ... */
  readonly traits: readonly string[];
  readonly options: readonly OptionSheet[];
  readonly cost: string | undefined;
  readonly reference: string | undefined;
}

/** True where a loaded plugin has a stage of this type or full name. */
export function hasStage(registry: Registry, type: string): boolean {
  return registry.stages().some(({ definition, fullName }) => definition.type === type || fullName === type);
}

/**
 * All stages in the order of the data flow, or those whose type or full name is `type`. Throws an L2cError E_USAGE where there
 * is none; `elsewhere` is a plugin that is not loaded and has it.
 */
export function stageSheets(registry: Registry, type?: string, elsewhere?: string): StageSheet[] {
  const sheets = stageKinds.flatMap((kind) =>
    registry
      .stages(kind)
      .filter(({ definition, fullName }) => type === undefined || definition.type === type || fullName === type),
  );
  if (sheets.length === 0 && type !== undefined) {
    const names = registry.stages().map(({ definition }) => definition.type);
    const guess = didYouMean(type, names) ?? 'name its plugin with --plugin';
    const wayOut = elsewhere === undefined ? guess : `${elsewhere} has it: add --plugin ${elsewhere}`;
    throw problem('E_USAGE', type, 'no stage of this type', wayOut);
  }
  return sheets.map(({ definition, fullName }) => {
    const { kind, summary, proposals, knn, truth, vertices, gives, trainable, cost, reference } = definition;
    const traits = [
      proposals === undefined
        ? ''
        : `${kind === 'proposalGenerator' ? 'gives' : 'takes'} ${proposals === 'either' ? 'edges or clusters' : proposals}`,
      ...gives.map((noun) => `gives ${noun}`),
      knn ? 'needs a kNN graph' : '',
      vertices ? 'needs vertices' : '',
      truth ? 'reads the truth' : '',
      trainable ? 'trainable' : '',
    ].filter((trait) => trait !== '');
    return { name: fullName, kind, summary, traits, options: optionSheets(definition.options), cost, reference };
  });
}

interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: Property;
  readonly anyOf?: readonly Property[];
  readonly oneOf?: readonly Property[];
}

function optionSheets(schema: Readonly<Record<string, unknown>>): OptionSheet[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Property>;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeOf(property),
    default: property.default === undefined ? undefined : JSON.stringify(property.default),
    range: rangeOf(property),
    description: property.description ?? '',
  }));
}

function typeOf(property: Property): string {
  if (property.enum !== undefined) return property.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (property.const !== undefined) return JSON.stringify(property.const);
  const branches = property.anyOf ?? property.oneOf;
  if (branches !== undefined) return branches.map(typeOf).join(' | ');
  if (property.type === 'array') return `list of ${property.items === undefined ? 'anything' : typeOf(property.items)}`;
  if (property.format === 'path' || property.format === 'weights') return 'path';
  return Array.isArray(property.type) ? property.type.join(' | ') : String(property.type ?? 'any');
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Property): string {
  const low = minimum !== undefined ? `>= ${minimum}` : exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : '';
  const high = maximum !== undefined ? `<= ${maximum}` : exclusiveMaximum !== undefined ? `< ${exclusiveMaximum}` : '';
  return [low, high].filter((bound) => bound !== '').join(', ');
}

/** One line a stage, grouped by kind. */
export function listStages(sheets: readonly StageSheet[]): string {
  const width = Math.max(...sheets.map(({ name }) => name.length));
  return stageKinds
    .filter((kind) => sheets.some((sheet) => sheet.kind === kind))
    .map((kind) => {
      const lines = sheets
        .filter((sheet) => sheet.kind === kind)
        .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
      return [kind, ...lines].join('\n');
    })
    .join('\n\n');
}

/** Everything about one stage. */
export function showStage({ name, kind, summary, traits, options, cost, reference }: StageSheet): string {
  const lines = [`${name} (${[kind, ...traits].join(', ')})`, summary];
  if (options.length > 0) lines.push('', 'Options:');
  for (const option of options) {
    const facts = [
      option.type,
      option.range,
      option.default === undefined ? 'must be given' : `default ${option.default}`,
    ];
    lines.push(`  ${option.name} (${facts.filter((fact) => fact !== '').join(', ')})`, `      ${option.description}`);
  }
  if (cost !== undefined) lines.push('', `Cost: ${cost}`);
  if (reference !== undefined) lines.push(`Reference: ${reference}`);
  return lines.join('\n');
}
