package main

import (
	"strings"
	"testing"
)

func TestStatementsAreCountedFromTheLog(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	for range 10 {
		log.WriteString("2026-11-23 06:00:00.000 UTC [7] LOG:  execute <unnamed>: SELECT a\n\t\tFROM b WHERE c = $1\n" +
			"2026-11-23 06:00:00.000 UTC [7] DETAIL:  parameters: $1 = 'x'\n")
	}
	log.WriteString("2026-11-23 06:00:00.000 UTC [7] LOG:  statement: begin\n2026-11-23 06:00:00.000 UTC [7] LOG:  checkpoint starting: time\n")
	perTenant, others, err := countStatements(strings.NewReader(log.String()), 10)
	if err != nil || perTenant != 10 || others != 1 {
		t.Errorf("counted %g of the Tenants and %g others, %v; want 10 and 1", perTenant, others, err)
	}
}
