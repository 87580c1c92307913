#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { dropStaleManifest } from './manifest.js';

// From Node 22.1 on, what is loaded below is compiled once and then comes from a cache.
module.enableCompileCache?.();
dropStaleManifest(fileURLToPath(new URL('..', import.meta.url)));

const { execute } = await import('@oclif/core');
await execute({ dir: import.meta.url });
