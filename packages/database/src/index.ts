export { type ActivateModelResult, activateModel } from './activation.ts';
export {
  type ApiKey,
  type ApiKeyKind,
  findApiKey,
  generateApiKey,
  hashApiKey,
  isApiKey,
  storeApiKey,
} from './api-keys.ts';
export { readArtifact, writeArtifact } from './artifacts.ts';
export { type AttackReport, type AttackRow, listAttackReports, recordAttackReport } from './attack-reports.ts';
export { type ProductContent, readCatalogueContent } from './catalogue-content.ts';
export { type Database, type DatabaseOptions, openDatabase } from './client.ts';
export { ClusterError } from './cluster/error.ts';
export { findFreePort } from './cluster/free-port.ts';
export { type Cluster, type ClusterOptions, openCluster } from './cluster/open.ts';
export { enqueue, type Job } from './jobs/enqueue.ts';
export { ATTACK_SCHEDULE, runAttacksJob } from './jobs/run-attacks.ts';
export { runScheduleJob } from './jobs/run-schedule.ts';
export { segmentCustomersJob } from './jobs/segment-customers.ts';
export { trainModelJob } from './jobs/train-model.ts';
export { isMigrated, migrateDatabase } from './migrate.ts';
export { listVersionsOverCohort } from './model-lineage.ts';
export {
  findModelVersion,
  listModelVersions,
  type ModelStatus,
  type ModelVersion,
  type ModelVersionPage,
  type PrivacyLevel,
} from './model-versions.ts';
export { type Listener, listen, MODEL_CHANNEL, notify, TRAINING_CHANNEL } from './notify.ts';
export {
  findPlacement,
  insertMissingPlacements,
  listPlacements,
  PLACEMENT_CHANNEL,
  type PlacementRow,
  upsertPlacement,
} from './placements.ts';
export {
  listRejections,
  type Rejection,
  type RejectionRow,
  type RejectionSource,
  recordRejections,
} from './rejections.ts';
export {
  beatSegmentation,
  type ClaimedSegmentation,
  claimSegmentation,
  failSegmentation,
  finishSegmentation,
  type RecoveredSegmentation,
  recoverSegmentations,
  type SegmentationHandle,
} from './segmentation-runs.ts';
export {
  findCurrentSegmentation,
  findSegmentation,
  findSegmentationOf,
  findWaitingSegmentation,
  insertReadySegmentation,
  insertSegmentation,
  listSegmentations,
  type Segmentation,
  type SegmentationPage,
  type SegmentationRequest,
} from './segmentations.ts';
export { readSetting, type Setting, writeSetting } from './settings.ts';
export {
  dropOldStatistics,
  listStatistics,
  readStatistic,
  type StoredStatistic,
  writeStatistic,
} from './statistics.ts';
export { ArtifactError } from './stored-bytes.ts';
export {
  type InteractionReader,
  readTrainingInteractions,
  TASTE_TYPE_SQL,
  type TrainingWindow,
} from './training-interactions.ts';
export {
  type ModelMetric,
  readModelMetrics,
  readTrainingLog,
  readTrainingPoints,
  type TrainingPoint,
} from './training-progress.ts';
export {
  type CancelTrainingResult,
  cancelTraining,
  insertRefusedTraining,
  insertTraining,
  type NewTraining,
} from './training-requests.ts';
export {
  type ClaimedRun,
  claimTraining,
  endTraining,
  finishTraining,
  holdTraining,
  noteInterruption,
  type PrivateLineage,
  type RecoveredRun,
  recoverTrainings,
  releaseTraining,
  replaceReservation,
  reportTraining,
  type TrainingReport,
  type TrainingRunHandle,
} from './training-runs.ts';
export {
  MAX_SCHEDULE_DELAY_MS,
  type TrainingSchedule,
  takeDueSchedule,
  trainingSchedule,
  unlockScheduleJobs,
} from './training-schedule.ts';
export { inTransaction, type Transaction } from './transaction.ts';
export { isUuid } from './uuid.ts';
