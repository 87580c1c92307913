import type { Services } from './services.js';

/**
 * Names under which the container holds things. `Symbol.for`, so that two copies of this package in one process agree.
 */
export const pipelineToken = Symbol.for('l2c.pipeline');
/** Makes the services of one stage; it is told which, so that progress and checkpoints are the stage's own. */
export const servicesFactoryToken = Symbol.for('l2c.servicesFactory');

/** `label` names the stage in logs: `gcn-v+e round 1 scorer gcn-v`. */
export type ServicesFactory = (label: string) => Services;
