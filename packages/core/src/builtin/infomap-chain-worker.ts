import { parentPort, workerData } from 'node:worker_threads';
import { runChain, type ChainStart } from './infomap-chain.js';

runChain(workerData as ChainStart, (modules) => parentPort!.postMessage(modules));
