import type { Services } from './services.js';

/**
 * Names under which the container holds things. `Symbol.for`, so that two copies of this package in one process agree.
 */
export const pipelineToken = Symbol.for('l2c.pipeline');
/** Makes the services of one stage; it is told which, so that progress and checkpoints are the stage's own. */
export const servicesFactoryToken = Symbol.for('l2c.servicesFactory');

/** `label` is the place of the stage in the file: `pipelines.cdp.scorer`. */
export type ServicesFactory = (label: string) => Services;
