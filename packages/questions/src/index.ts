export { type AskResult, askQuestion, priceQuestion, type QuestionPrice } from './ask-question.ts';
export { InvalidQuestionError } from './invalid-question-error.ts';
export { DEFAULT_EPSILON, parseEpsilon, parseQuestion, type Question, type QuestionOf } from './parse-question.ts';
export { QUESTION_KINDS, type QuestionInput, type QuestionKind } from './question-kinds.ts';
export { SEGMENT_FEATURES } from './segments/features.ts';
export {
  drawSegmentation,
  findOwnSegment,
  nearestSegment,
  prepareSegmentation,
  readSegments,
  type SegmentationInput,
} from './segments/segmentation.ts';
export type { SegmentView } from './segments/view.ts';
export { questionJsonSchemas } from './spec/schemas.ts';
