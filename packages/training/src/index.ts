export { InvalidTrainingError } from './invalid-training.ts';
export { composeLineage } from './lineage.ts';
export {
  describeReservation,
  logRefusal,
  type RequestTrainingResult,
  requestTraining,
  type TrainingRequest,
} from './request-training.ts';
export { requestScheduledTraining, type ScheduledTraining } from './schedule.ts';
export { parseTraining, privacyLevelOf, type TrainingInput } from './training-input.ts';
