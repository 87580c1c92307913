import { joinCrew } from './crew-worker.js';
import type { SearchJob, Step } from './job.js';
import { Member } from './member.js';

await joinCrew<SearchJob, Step>((job, thread, compute) => new Member(job, thread, compute));
