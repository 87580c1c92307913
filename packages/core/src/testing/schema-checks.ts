import type { StageDefinition } from '../stages/define-stage.js';
import { stageKinds } from '../stages/interfaces.js';

type Schema = Readonly<Record<string, unknown>>;

/** What is wrong with what a stage says about itself. */
export function declarationProblems(definition: StageDefinition): string[] {
  const { kind, type, summary, proposals } = definition;
  const problems: string[] = [];
  const works = kind === 'scorer' || kind === 'deoverlapper' || kind === 'proposalGenerator';
  if (!stageKinds.includes(kind)) problems.push(`kind ${String(kind)} is none of ${stageKinds.join(', ')}`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(type)) problems.push(`type "${type}" is not kebab-case`);
  if (!/^[A-Z].*\.$/s.test(summary)) problems.push('summary is not a sentence: a capital first, a full stop last');
  if (works && proposals === undefined)
    problems.push(`a ${kind} says which proposals it ${kind === 'proposalGenerator' ? 'gives' : 'takes'}`);
  if (!works && proposals !== undefined) problems.push(`a ${kind} has nothing to do with proposals`);
  if (kind !== 'scorer' && definition.gives.length > 0) problems.push('only a scorer gives scores');
  if (kind !== 'scorer' && definition.trainable) problems.push('only a scorer is trained');
  if (kind !== 'deoverlapper' && kind !== 'scorer' && definition.vertices)
    problems.push('only a scorer or a deoverlapper asks for vertex scores');
  if (!Number.isInteger(definition.version) || definition.version < 1)
    problems.push('version is not a positive integer');
  return problems;
}

/** What is wrong with the schema of the options: it must be closed, described and defaulted, all the way down. */
export function schemaProblems(definition: StageDefinition): string[] {
  const { options } = definition;
  if (options['type'] !== 'object') return ['options: the schema is not of type object'];
  return [...visit(options, 'options')];
}

function* visit(schema: Schema, path: string): Iterable<string> {
  const properties = schema['properties'] as Readonly<Record<string, Schema>> | undefined;
  if (schema['type'] === 'object' || properties !== undefined) {
    if (schema['additionalProperties'] !== false && schema['unevaluatedProperties'] !== false) {
      yield `${path}: not closed, "additionalProperties: false" is missing`;
    }
    for (const [name, property] of Object.entries(properties ?? {})) yield* visitProperty(schema, name, property, path);
  }
  for (const keyword of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    const parts = schema[keyword];
    if (Array.isArray(parts)) for (const part of parts as Schema[]) yield* visitPart(part, path, schema);
  }
  const items = schema['items'];
  if (typeof items === 'object' && items !== null) yield* visit(items as Schema, `${path}[]`);
}

/** A branch that only adds conditions (`required`, `maximum`) to the schema around it needs not be closed again. */
function* visitPart(part: Schema, path: string, around: Schema): Iterable<string> {
  if (part['type'] === 'object' || around['properties'] === undefined) yield* visit(part, path);
}

function* visitProperty(parent: Schema, name: string, property: Schema, path: string): Iterable<string> {
  const place = `${path}.${name}`;
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) yield `${place}: not camelCase`;
  const description = property['description'];
  if (typeof description !== 'string' || description.trim() === '') yield `${place}: has no description`;
  else if (!description.trim().endsWith('.'))
    yield `${place}: the description is not a sentence, a full stop is missing`;
  const required = (parent['required'] as readonly string[] | undefined) ?? [];
  if (!('default' in property) && !required.includes(name) && property['nullable'] !== true) {
    yield `${place}: neither required nor defaulted`;
  }
  yield* visit(property, place);
}
