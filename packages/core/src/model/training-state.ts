import { formatSafetensors, parseSafetensors } from '../formats/safetensors.js';
import type { Tensor } from '../stages/interfaces.js';
import type { Checkpoints } from '../stages/services.js';
import type { OptimizerState } from './optimizers.js';

/** All that the rest of a training depends on, between two epochs. */
export interface TrainingState {
  /** Epochs done. */
  readonly epoch: number;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly optimizer: ReadonlyMap<string, OptimizerState>;
  /** Loss of each step before it, oldest first. */
  readonly losses: readonly number[];
  /** Loss of the held-out rows, one per epoch; empty without any. */
  readonly heldOut: readonly number[];
  /** The weights of the epoch with the lowest held-out loss. */
  readonly best: { readonly epoch: number; readonly weights: ReadonlyMap<string, Tensor> } | undefined;
}

/** The state as a .safetensors file; `job` says what it is a training of. */
export function encodeState(state: TrainingState, job: string): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const list = (name: string, values: readonly number[]): void =>
    void tensors.set(name, { shape: [values.length], values: Float32Array.from(values) });
  for (const [name, tensor] of state.weights) tensors.set(`weights/${name}`, tensor);
  for (const [name, tensor] of state.best?.weights ?? []) tensors.set(`best/${name}`, tensor);
  for (const [name, { averages }] of state.optimizer) {
    averages.forEach((values, a) => tensors.set(`average${a}/${name}`, { shape: [values.length], values }));
  }
  list('losses', state.losses);
  list('held-out', state.heldOut);
  const steps = [...state.optimizer.values()][0]?.steps ?? 0;
  const metadata = { job, epoch: String(state.epoch), steps: String(steps), best: String(state.best?.epoch ?? '') };
  return Buffer.concat([...formatSafetensors(tensors, metadata)]);
}

/** The state of this very job; undefined for that of another, or for bytes that are no state. */
export function decodeState(bytes: Uint8Array, job: string): TrainingState | undefined {
  let file: ReturnType<typeof parseSafetensors>;
  try {
    file = parseSafetensors(bytes, 'checkpoint');
  } catch {
    return undefined;
  }
  const { tensors, metadata } = file;
  if (metadata['job'] !== job) return undefined;
  const group = (prefix: string): Map<string, Tensor> =>
    new Map(
      [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), tensor] as const] : [],
      ),
    );
  const steps = Number(metadata['steps']);
  const first = group('average0');
  const second = group('average1');
  const optimizer = new Map<string, OptimizerState>(
    [...first].map(([name, { values }]) => {
      const other = second.get(name)?.values;
      return [name, { steps, averages: other === undefined ? [values] : [values, other] }];
    }),
  );
  return {
    epoch: Number(metadata['epoch']),
    weights: group('weights'),
    optimizer,
    losses: [...(tensors.get('losses')?.values ?? [])],
    heldOut: [...(tensors.get('held-out')?.values ?? [])],
    best: metadata['best'] === '' ? undefined : { epoch: Number(metadata['best']), weights: group('best') },
  };
}

/** The last state of this job that was left behind, if there is one. */
export async function readState(
  checkpoints: Checkpoints,
  name: string,
  job: string,
): Promise<TrainingState | undefined> {
  const bytes = await checkpoints.read(name);
  return bytes === undefined ? undefined : decodeState(bytes, job);
}
