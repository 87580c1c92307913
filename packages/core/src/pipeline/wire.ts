import { Container, ContainerModule, type ServiceIdentifier } from 'inversify';
import type { StageInterfaces, StageKind } from '../stages/interfaces.js';
import { pipelineToken, servicesFactoryToken, type ServicesFactory } from '../stages/tokens.js';
import type { PipelinePlan, RoundPlan, StagePlan } from './plan.js';
import { stageError } from './stage-error.js';

/** A stage as the container made it, beside the plan it was made from. */
export interface WiredStage<Kind extends StageKind = StageKind> {
  readonly plan: StagePlan<Kind>;
  readonly stage: StageInterfaces[Kind];
}

export interface WiredRound {
  readonly knnBuilder: WiredStage<'knnBuilder'> | undefined;
  readonly proposalGenerator: WiredStage<'proposalGenerator'>;
  readonly scorers: readonly WiredStage<'scorer'>[];
  readonly deoverlapper: WiredStage<'deoverlapper'> | undefined;
}

export interface WiredPipeline {
  readonly name: string;
  readonly rounds: readonly WiredRound[];
}

type Slot = { [Kind in StageKind]: { plan: StagePlan<Kind>; token: ServiceIdentifier<WiredStage<Kind>> } }[StageKind];

/**
 * Builds the stages of a pipeline by dependency injection: every stage is a binding made from its options and its
 * services, and the pipeline is a binding made from the stages. Nothing else in the project knows the container.
 */
export function wire(plan: PipelinePlan, servicesFor: ServicesFactory): WiredPipeline {
  const slots: Slot[] = [];
  const slot = <Kind extends StageKind>(kind: Kind, stage: StagePlan<Kind> | undefined): number => {
    if (stage === undefined) return -1;
    const token = Symbol.for(`l2c.${kind}.${stage.path.join('.')}`) as ServiceIdentifier<WiredStage<Kind>>;
    return slots.push({ plan: stage, token } as unknown as Slot) - 1;
  };
  const rounds = plan.rounds.map((round: RoundPlan) => ({
    knnBuilder: slot('knnBuilder', round.knnBuilder),
    proposalGenerator: slot('proposalGenerator', round.proposalGenerator),
    scorers: round.scorers.map((scorer) => slot('scorer', scorer)),
    deoverlapper: slot('deoverlapper', round.deoverlapper),
  }));

  const module = new ContainerModule(({ bind }) => {
    bind<ServicesFactory>(servicesFactoryToken).toConstantValue(servicesFor);
    for (const { plan: stage, token } of slots) {
      bind(token as ServiceIdentifier<WiredStage>).toDynamicValue((context) => {
        const services = context.get<ServicesFactory>(servicesFactoryToken)(stage.path.join('.'));
        try {
          return { plan: stage, stage: stage.definition.create(stage.options, services) };
        } catch (cause) {
          throw stageError(plan.name, stage, cause);
        }
      });
    }
    bind<WiredPipeline>(pipelineToken).toResolvedValue(
      (...wired: unknown[]) => {
        const at = <Kind extends StageKind>(index: number): WiredStage<Kind> => wired[index] as WiredStage<Kind>;
        const optional = <Kind extends StageKind>(index: number): WiredStage<Kind> | undefined =>
          index < 0 ? undefined : at(index);
        return {
          name: plan.name,
          rounds: rounds.map((round) => ({
            knnBuilder: optional<'knnBuilder'>(round.knnBuilder),
            proposalGenerator: at<'proposalGenerator'>(round.proposalGenerator),
            scorers: round.scorers.map((index) => at<'scorer'>(index)),
            deoverlapper: optional<'deoverlapper'>(round.deoverlapper),
          })),
        };
      },
      slots.map(({ token }) => token as ServiceIdentifier<unknown>),
    );
  });
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(module);
  return container.get<WiredPipeline>(pipelineToken);
}
