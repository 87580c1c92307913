import { definePlugin, type Plugin, type StageDefinition } from '@l2c/core';
import { lGcnStage } from './l-gcn.js';
import { presets } from './presets.js';
import { withoutSingletonsStage } from './without-singletons.js';

/** Every stage, in the order of a pipeline. */
export const stages: readonly StageDefinition[] = [lGcnStage, withoutSingletonsStage];

const plugin: Plugin = definePlugin({ name: 'lgcn', version: '0.1.0', stages, presets });
export default plugin;
