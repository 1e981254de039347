import { AppError } from '@sotto/shop';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';

/** Finds one object of a type by the id inside the global one. @throws AppError FORBIDDEN when the caller may not see the type */
export type NodeLoader = (id: string, context: Context) => Promise<object | undefined> | object | undefined;

const loaders = new Map<string, NodeLoader>();

/** Each type that implements Node says once how it is found. */
export function registerNode(typename: string, loader: NodeLoader): void {
  loaders.set(typename, loader);
}

/** The opaque id under which `node` finds an object. */
export function encodeNodeId(typename: string, id: string): string {
  return Buffer.from(`${typename}:${id}`).toString('base64url');
}

/** @throws AppError BAD_INPUT when it is not an id of this API */
export function decodeNodeId(nodeId: string): { readonly typename: string; readonly id: string } {
  const [, typename, id] = /^([A-Za-z]+):(.+)$/s.exec(Buffer.from(nodeId, 'base64url').toString()) ?? [];
  if (!typename || !id || encodeNodeId(typename, id) !== nodeId)
    throw new AppError('BAD_INPUT', 'is not an id of this API', { path: 'id' });
  return { typename, id };
}

/** @returns the id inside, or undefined when it is of none of these types */
export function idOfType(typenames: readonly string[], nodeId: string): string | undefined {
  const { typename, id } = decodeNodeId(nodeId);
  return typenames.includes(typename) ? id : undefined;
}

export const Node = builder.nodeInterfaceRef();

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    nullable: true,
    authScopes: { storefront: true },
    description: 'Any object by its id; null when there is none.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, args, context) => {
      const { typename, id } = decodeNodeId(args.id);
      return (await loaders.get(typename)?.(id, context)) ?? null;
    },
  }),
);

/** For loaders of types that only the shop itself may see. */
export function requireOperator({ caller }: Context): void {
  if (!caller.isSecretKey) throw new AppError('FORBIDDEN', 'this needs the secret key');
}

/** For loaders of types that analysts may see. */
export function requireAnalyst({ caller }: Context): void {
  if (!caller.isSecretKey) throw new AppError('FORBIDDEN', 'this needs the secret key');
}
