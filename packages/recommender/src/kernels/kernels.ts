import type { KernelMemory } from './kernel-memory.ts';
import { KERNELS_BASE64, type KernelExports } from './wasm.generated.ts';
import { type WasmMemory, type WasmModule, wasm } from './web-assembly.ts';

/** Kernels that work on a range of rows or tiles: (begin, end, scratch, ...their own arguments). */
export type RangeKernel = {
  [Name in keyof KernelExports]: KernelExports[Name] extends (
    begin: number,
    end: number,
    scratch: number,
    ...rest: number[]
  ) => void
    ? Name
    : never;
}[keyof KernelExports];

/** A range kernel's own arguments. */
export type RangeArguments<Name extends RangeKernel> =
  Parameters<KernelExports[Name]> extends [number, number, number, ...infer Rest extends number[]] ? Rest : never;

let compiled: WasmModule | undefined;

/** The compiled kernels; compiled once a thread, sent to other threads as it is. */
export function kernelModule(): WasmModule {
  compiled ??= new wasm.Module(Buffer.from(KERNELS_BASE64, 'base64'));
  return compiled;
}

/** The kernels over a memory. */
export function instantiateKernels(memory: KernelMemory): KernelExports {
  return instantiateModule(kernelModule(), memory.memory);
}

export function instantiateModule(module: WasmModule, memory: WasmMemory): KernelExports {
  return new wasm.Instance(module, { env: { memory } }).exports as KernelExports;
}
