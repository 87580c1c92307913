import { joinCrew } from '../neighbours/crew-worker.js';
import type { CellJob, CellStep } from './cell-job.js';
import { CellMember } from './cell-member.js';

await joinCrew<CellJob, CellStep>((job, thread, compute) => new CellMember(job, thread, compute));
