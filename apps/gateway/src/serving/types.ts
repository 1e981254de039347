/** A product of the in-memory catalogue: one row of the table, mapped and frozen. */
export interface CatalogueProduct {
  readonly id: number;
  readonly sku: string;
  readonly title: string;
  readonly description: string | null;
  readonly brand: string | null;
  readonly categories: readonly string[];
  /** Decimal as a string, as the contract's scalar. */
  readonly price: string | null;
  readonly currency: string | null;
  readonly imageUrl: string | null;
  readonly isAvailable: boolean;
  readonly isHidden: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Who asks, as the headers say; the rest is read from the database in the request's one statement. */
export type Asker =
  | { readonly kind: 'customer'; readonly externalIdHash: Buffer; readonly isGpc: boolean }
  | { readonly kind: 'visitor'; readonly visitorHash: Buffer; readonly isGpc: boolean }
  | { readonly kind: 'nobody'; readonly isGpc: boolean };

export interface ProductFilter {
  readonly categories?: readonly string[];
  readonly brands?: readonly string[];
  /** Decimals as strings. */
  readonly priceMin?: string;
  readonly priceMax?: string;
  readonly isAvailable?: boolean;
}

export interface RecommendRequest {
  /** A placement's name, or what Product.recommendations asks for. */
  readonly target:
    | { readonly placement: string }
    | { readonly productSku: string; readonly intent: 'RELATED' | 'COMPLEMENTARY' };
  readonly asker: Asker;
  /** 1..100 */
  readonly first: number;
  readonly after?: string;
  readonly context: {
    readonly productSku?: string;
    readonly cartSkus?: readonly string[];
    readonly searchText?: string;
  };
  readonly filter: ProductFilter;
}

export type BasisLevel = 'NONE' | 'CONTEXTUAL' | 'PERSONAL';
export type BasisCause = 'CONSENT' | 'NO_CONSENT' | 'GLOBAL_PRIVACY_CONTROL' | 'OBJECTION' | 'NO_HISTORY' | 'NO_MODEL';
export type ReasonKind =
  | 'SIMILAR_TASTE'
  | 'BECAUSE_YOU_VIEWED'
  | 'BECAUSE_YOU_BOUGHT'
  | 'BOUGHT_TOGETHER'
  | 'SIMILAR_PRODUCT'
  | 'TRENDING'
  | 'POPULAR'
  | 'PROMOTED'
  | 'NEW';
export type Shortfall = 'EMPTY_CATALOGUE' | 'FILTERED_OUT' | 'NO_CANDIDATES';

export interface RecommendEdge {
  readonly cursor: string;
  readonly product: CatalogueProduct;
  /** Against the best of the list: 1, or less in steps of 0.05. */
  readonly score: number;
  readonly reason: { readonly kind: ReasonKind; readonly because: CatalogueProduct | null; readonly text: string };
}

export interface RecommendAnswer {
  /** Random 128-bit uuid, the same on every page of one list. */
  readonly recommendationId: string;
  readonly edges: readonly RecommendEdge[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly basis: { readonly level: BasisLevel; readonly because: BasisCause };
  readonly modelVersionId: string | null;
  readonly shortfall: Shortfall | null;
}

/** What the resolvers see of serving. Throws AppError with a code of the one table. */
export interface Serving {
  recommend(request: RecommendRequest): Promise<RecommendAnswer>;
  findProduct(sku: string): CatalogueProduct | undefined;
  findProductById(id: number): CatalogueProduct | undefined;
  /** Visible products in a stable order (sku); `after` is an opaque cursor. Never a total. */
  listProducts(
    filter: ProductFilter,
    first: number,
    after: string | undefined,
  ): {
    readonly edges: readonly { readonly cursor: string; readonly product: CatalogueProduct }[];
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
  };
  /** Reads what changed since last time: called after a mutation here, on a NOTIFY hint, and every 2 s. */
  refresh(): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}
