import { parentPort, workerData } from 'node:worker_threads';
import { takeTrials, type TrialStart } from './trials.js';

// `out` and `in` of an undirected network are one object, and still are in this clone of it.
parentPort!.postMessage(takeTrials(workerData as TrialStart));
