/** Moves weights against their gradients. Knows no tensors: plain arrays, so that its state can be saved and checked. */
export interface Optimizer {
  /** Changes `weights` in place. `state` is that of these weights, from {@link Optimizer.start}. */
  step(weights: Float32Array, gradient: Float32Array, state: OptimizerState, rate: number): void;
  /** The state before the first step of a tensor of this length. */
  start(length: number): OptimizerState;
}

/** How many steps were made, and running averages of the tensor's length. */
export interface OptimizerState {
  steps: number;
  readonly averages: readonly Float32Array[];
}

export interface SgdOptions {
  readonly momentum: number;
  /** Added to the gradient as weightDecay x weight. */
  readonly weightDecay: number;
}

/**
 * Stochastic gradient descent as torch does it: g = gradient + decay w; the buffer is g at the first step, then
 * momentum x buffer + g; w -= rate x buffer. No dampening, no Nesterov.
 */
export function sgd({ momentum, weightDecay }: SgdOptions): Optimizer {
  return {
    start: (length) => ({ steps: 0, averages: [new Float32Array(length)] }),
    step(weights, gradient, state, rate) {
      const [buffer] = state.averages;
      const kept = state.steps === 0 ? 0 : momentum;
      for (let i = 0; i < weights.length; i++) {
        buffer[i] = kept * buffer[i] + gradient[i] + weightDecay * weights[i];
        weights[i] -= rate * buffer[i];
      }
      state.steps++;
    },
  };
}

export interface AdamOptions {
  readonly weightDecay: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Adam with the weight decay added to the gradient, as in torch. Kingma & Ba, ICLR 2015, algorithm 1. */
export function adam({ weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions): Optimizer {
  return {
    start: (length) => ({ steps: 0, averages: [new Float32Array(length), new Float32Array(length)] }),
    step(weights, gradient, state, rate) {
      const [mean, square] = state.averages;
      state.steps++;
      const scale = rate / (1 - beta1 ** state.steps);
      const correction = 1 / (1 - beta2 ** state.steps);
      for (let i = 0; i < weights.length; i++) {
        const g = gradient[i] + weightDecay * weights[i];
        mean[i] = beta1 * mean[i] + (1 - beta1) * g;
        square[i] = beta2 * square[i] + (1 - beta2) * g * g;
        weights[i] -= (scale * mean[i]) / (Math.sqrt(square[i] * correction) + epsilon);
      }
    },
  };
}

/** rate x factor^(milestones reached): an epoch, counted from 0, has reached those that are not larger. */
export function steppedRate(rate: number, factor: number, milestones: readonly number[], epoch: number): number {
  return rate * factor ** milestones.filter((milestone) => milestone <= epoch).length;
}
