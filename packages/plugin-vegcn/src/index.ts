import { definePlugin, type Plugin, type StageDefinition } from '@l2c/core';
import { gcnEStage } from './gcn-e.js';
import { gcnVStage } from './gcn-v.js';
import { presets } from './presets.js';

/** Every stage, in the order of a pipeline. */
export const stages: readonly StageDefinition[] = [gcnVStage, gcnEStage];

const plugin: Plugin = definePlugin({ name: 'vegcn', version: '0.1.0', stages, presets });
export default plugin;
