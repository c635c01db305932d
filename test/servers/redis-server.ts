/** A real Redis server that listens on this machine, or the one named by the environment. */
export interface RedisServer {
  /** what test titles call it, such as `redis-7.0` */
  readonly name: string;
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  /** the folder of its programs, for tests that need a server of their own to kill */
  readonly root: string | undefined;
}

declare module "vitest" {
  interface ProvidedContext {
    /**
     * The server of this run, still empty; each test takes a name of its own on it. It is started
     * for test files whose own text says `inject("redisServers")`, and the list is empty only when
     * there is no server to be had.
     */
    redisServers: readonly RedisServer[];
  }
}
