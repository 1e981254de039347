/** Every document that the tests send: the conformance test runs each through both executors. */

export * from './privacy-documents.ts';

const PRODUCT = `fragment ProductFields on Product { __typename id sku title description brand categories price currency imageUrl isAvailable }`;

const CONNECTION = `fragment ConnectionFields on RecommendationConnection {
  edges { cursor score reason { kind text because { sku } } node { ...ProductFields } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  recommendationId basis { level because } model { id algorithm privacy { level epsilon delta } } shortfall
}`;

export const GET_PRODUCT = `query Product($sku: String!) { product(sku: $sku) { ...ProductFields } } ${PRODUCT}`;

export const LIST_PRODUCTS = `query Products($first: Int, $after: String, $filter: ProductFilter) {
  products(first: $first, after: $after, filter: $filter) {
    edges { cursor node { ...ProductFields } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} ${PRODUCT}`;

export const RECOMMEND = `query Recommend($placement: String!, $first: Int, $after: String, $context: RecommendationContext, $filter: ProductFilter) {
  recommendations(placement: $placement, first: $first, after: $after, context: $context, filter: $filter) { ...ConnectionFields }
} ${CONNECTION} ${PRODUCT}`;

export const RELATED = `query Related($sku: String!, $intent: RecommendationIntent!) {
  product(sku: $sku) { sku recommendations(intent: $intent, first: 3) { ...ConnectionFields } }
} ${CONNECTION} ${PRODUCT}`;

export const GET_NODE = `query Node($id: ID!) {
  node(id: $id) {
    __typename id
    ... on Product { sku title }
    ... on Customer { consents { purpose isGranted } }
    ... on Placement { name settings }
    ... on ModelVersion { algorithm status trainingRun { id status } metrics { name value lower upper } }
    ... on TrainingRun { status progress points { step name value at } log startedAt finishedAt device failure }
    ... on LedgerEntry { cohort sequence }
    ... on Release { mechanism }
    ... on Segmentation { createdAt }
    ... on Segment { label }
  }
}`;

export const RECORD_EVENTS = `mutation Record($events: [EventInput!]!) {
  recordEvents(events: $events) { accepted duplicates rejected { index code message } }
}`;

export const GET_VIEWER = `query Viewer($first: Int) {
  viewer {
    customer { id consents { purpose isGranted source } }
    consents { purpose isGranted source changedAt }
    recentInteractions(first: $first) { type at channel quantity price product { sku } }
  }
}`;

export const UPDATE_CONSENT = `mutation Consent($input: ConsentInput!) {
  updateConsent(input: $input) { consents { purpose isGranted source } }
}`;

export const IDENTIFY = `mutation Identify { identify { customer { id } mergedInteractions } }`;

export const UPSERT_PRODUCTS = `mutation Upsert($products: [ProductInput!]!) {
  upsertProducts(products: $products) { upserted rejected { index code message } }
}`;

export const DELETE_PRODUCTS = `mutation Delete($skus: [String!]!) { deleteProducts(skus: $skus) { deleted } }`;

export const LIST_PLACEMENTS = `{ placements { id name settings } }`;

export const UPSERT_PLACEMENT = `mutation Place($input: PlacementInput!) { upsertPlacement(input: $input) { id name settings } }`;

export const RECENT_REJECTIONS = `query Rejections($first: Int, $after: String) {
  recentRejections(first: $first, after: $after) {
    edges { cursor node { at source code message sku } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`;

const ERRORS = `... on NotFound { code message } ... on Conflict { code message }`;

export const REQUEST_TRAINING = `mutation Train($input: TrainingInput!) {
  requestTraining(input: $input) {
    __typename
    ... on TrainingRun { id status progress log points { name step value } failure }
    ... on InvalidInput { code message path }
    ... on BudgetExhausted { code message requestedEpsilon cohorts { cohort epsilonRemaining } }
    ... on AllowanceExceeded { code message resetsAt }
  }
}`;

export const CANCEL_TRAINING = `mutation Cancel($id: ID!) {
  cancelTraining(id: $id) { __typename ... on TrainingRun { id status } ${ERRORS} }
}`;

export const ACTIVATE_MODEL = `mutation Activate($id: ID!) {
  activateModel(id: $id) { __typename ... on ModelVersion { id status } ${ERRORS} }
}`;

export const LIST_MODEL_VERSIONS = `query Versions($first: Int, $after: String) {
  modelVersions(first: $first, after: $after) {
    edges { cursor node { id algorithm status privacy { level epsilon delta } createdAt activatedAt device metrics { name value } trainingRun { id } } }
    pageInfo { hasNextPage hasPreviousPage }
  }
}`;

export const GET_TRAINING_RUN = `query Run($id: ID!) { trainingRun(id: $id) { id status progress startedAt log } }`;

export const GET_SCHEDULE = `{ trainingSchedule { cron algorithm hyperparameters epsilon withoutPrivacy } }`;

export const SET_SCHEDULE = `mutation Schedule($input: TrainingScheduleInput) {
  setTrainingSchedule(input: $input) {
    __typename
    ... on TrainingSchedule { cron algorithm hyperparameters epsilon withoutPrivacy }
    ... on InvalidInput { path message }
  }
}`;

export const ALIASED = `query Aliased($isShown: Boolean!, $isHidden: Boolean!) {
  one: product(sku: "tea") { ...A @include(if: $isShown) title @skip(if: $isHidden) }
  two: product(sku: "cup") { ... on Product @include(if: $isHidden) { brand } ... on Node { id } __typename }
  none: product(sku: "nothing") { title }
}
fragment A on Product { sku price }`;

export const WATCH_RUN = `subscription Watch($id: ID!) { trainingRun(id: $id) { id status progress failure } }`;
