import { definePlugin } from '@l2c/core';
import { kCoreStage } from './k-core.js';

/** The whole plugin: a name, and a list of stages you can read. */
export default definePlugin({ name: 'k-core', version: '0.1.0', stages: [kCoreStage] });
