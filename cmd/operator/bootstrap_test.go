package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestBootstrapSQL(t *testing.T) {
	t.Parallel()
	run := func(args ...string) (string, error) {
		var out strings.Builder
		cmd := bootstrapCommand()
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.Execute()
		return out.String(), err
	}
	for prefix, args := range map[string][]string{
		"echoblogs": nil, "staging": {"--role-prefix=staging"}, "production": {"--role-prefix=production", "--engine=citus"},
	} {
		sql, err := run(args...)
		if err != nil {
			t.Errorf("%v: %v", args, err)
		}
		roles := regexp.MustCompile(`'\w+_(operator|portal|blog)'`).FindAllString(sql, -1)
		slices.Sort(roles)
		want := []string{"'" + prefix + "_blog'", "'" + prefix + "_operator'", "'" + prefix + "_portal'"}
		if got := slices.Compact(roles); !slices.Equal(got, want) || strings.ContainsAny(sql, "{}") {
			t.Errorf("%v: the roles are %v, want %v; the SQL is\n%s", args, got, want, sql)
		}
	}
	for _, refused := range []string{"--role-prefix=", "--role-prefix=pg_x", "--role-prefix=x'; DROP DATABASE x", "--engine=oracle"} {
		if sql, err := run(refused); err == nil || sql != "" {
			t.Errorf("%s: it prints %q, %v", refused, sql, err)
		}
	}
}
