/** The documents of budgets, questions, releases and segments. */

const BUDGET = `fragment BudgetFields on PrivacyBudget {
  cohort epsilonLimit epsilonSpent epsilonRemaining delta spentByPurpose lossShareSpent headHash
}`;

const RELEASE = `fragment ReleaseFields on Release {
  id question answer rows { key value lower upper isSuppressed } epsilon delta mechanism noiseScale isReplay isComplete
  releasedAt cohorts excludedCohorts
}`;

export const LIST_BUDGETS = `{ privacyBudgets { ...BudgetFields } } ${BUDGET}`;

export const LIST_LEDGER = `query Ledger($first: Int, $after: String, $filter: LedgerFilter) {
  privacyLedger(first: $first, after: $after, filter: $filter) {
    edges { cursor node {
      id at cohort sequence purpose askedBy question mechanism event epsilon cumulativeEpsilon hash previousHash
      release { id isReplay }
    } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

export const PRICE_QUESTION = `query Price($question: QuestionInput!) {
  priceQuestion(question: $question) {
    epsilon delta expectedError confidence questionsLeft wouldBeReplayed cohorts { ...BudgetFields }
  }
} ${BUDGET}`;

export const ASK_QUESTION = `mutation Ask($question: QuestionInput!) {
  askQuestion(question: $question) {
    __typename
    ... on Release { ...ReleaseFields }
    ... on Error { code message }
    ... on BudgetExhausted { requestedEpsilon budgets: cohorts { ...BudgetFields } }
    ... on AllowanceExceeded { resetsAt }
    ... on InvalidQuestion { path }
  }
} ${RELEASE} ${BUDGET}`;

export const LIST_RELEASES = `query Releases($first: Int, $after: String) {
  releases(first: $first, after: $after) {
    edges { cursor node { ...ReleaseFields } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
} ${RELEASE}`;

export const QUESTION_SCHEMAS = `{ questionSchemas { kind schema } }`;

export const LIST_ALLOWANCES = `{ allowances { askedBy purpose epsilon windowDays spent resetsAt isDefault } }`;

export const SET_ALLOWANCE = `mutation Allow($input: AllowanceInput!) {
  setAllowance(input: $input) {
    __typename
    ... on Allowance { askedBy purpose epsilon windowDays spent resetsAt }
    ... on InvalidInput { code message path }
  }
}`;

export const LIST_REFUSED_ASKS = `query Refused($first: Int) {
  refusedAsks(first: $first) { at askedBy purpose code parameter question }
}`;

export const LIST_ATTACK_REPORTS = `query Attacks($first: Int) {
  attackReports(first: $first) { id at passed rows { attack target claimedEpsilon empiricalEpsilonLower passed } }
}`;

const SEGMENTATION = `fragment SegmentationFields on Segmentation {
  id createdAt status failure
  segments { ...SegmentFields } projection { segment { id } x y } release { ...ReleaseFields }
} fragment SegmentFields on Segment { id label size sizeLower sizeUpper centroid traits } ${RELEASE}`;

export const REQUEST_SEGMENTATION = `mutation Segment($input: SegmentationInput!) {
  requestSegmentation(input: $input) {
    __typename
    ... on Segmentation { ...SegmentationFields }
    ... on Error { code message }
    ... on BudgetExhausted { requestedEpsilon budgets: cohorts { cohort } }
    ... on InvalidInput { path }
  }
} ${SEGMENTATION}`;

export const GET_SEGMENTATION = `query Segmentation($id: ID) { segmentation(id: $id) { ...SegmentationFields } } ${SEGMENTATION}`;

export const LIST_SEGMENTATIONS = `query Segmentations($first: Int, $after: String) {
  segmentations(first: $first, after: $after) {
    edges { cursor node { id status } }
    pageInfo { hasNextPage hasPreviousPage }
  }
}`;

export const GET_PASSPORT = `{
  viewer { privacy { cohort epsilonSpent epsilonLimit delta releaseCount modelVersions { id algorithm } } }
}`;
