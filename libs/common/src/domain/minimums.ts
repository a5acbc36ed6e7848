/** The least that Docker lets a task ask for (SwarmKit manager/controlapi/service.go); 0 stands for no limit or reservation. */
export const MIN_NANO_CPUS = 1e6;
export const MIN_MEMORY_BYTES = 4 * 1024 * 1024;
/** Below this Docker takes no time of a health check; 0 stands for the default. */
export const MIN_HEALTH_NANOS = 1e6;
