
-- On a Citus cluster, each schema that the operator creates is placed on one worker. Run this on the coordinator.
DO $$
BEGIN
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET citus.enable_schema_based_sharding = on', {operator}, current_database());
END
$$;
