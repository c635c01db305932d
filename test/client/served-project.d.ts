// Written by `hex run --context logic`: what the project takes and gives.
export interface Project {
  readonly inputs: {
    readonly amount: number;
    readonly name: string;
    readonly choice: number;
    readonly day: string;
  };
  readonly outputs: {
    readonly amount: string | number | boolean | null;
    readonly name: string | number | boolean | null;
    readonly numbers: readonly { readonly number: number | null }[];
    readonly choice: string | number | boolean | null;
    readonly chosen: string | number | boolean | null;
    readonly day: string | number | boolean | null;
    readonly note: string;
  };
}
