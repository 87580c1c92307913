import { definePlugin, type Plugin, type StageDefinition } from '@l2c/core';
import { gcnDStage } from './gcn-d.js';
import { gcnSStage } from './gcn-s.js';
import { labelGroupsStage } from './label-groups.js';
import { presets } from './presets.js';
import { proposalStatisticsStage } from './proposal-statistics.js';
import { superVertexStage } from './super-vertex.js';

/** Every stage, in the order of a pipeline. */
export const stages: readonly StageDefinition[] = [
  superVertexStage,
  labelGroupsStage,
  gcnDStage,
  gcnSStage,
  proposalStatisticsStage,
];

const plugin: Plugin = definePlugin({ name: 'dsgcn', version: '0.1.0', stages, presets });
export default plugin;
