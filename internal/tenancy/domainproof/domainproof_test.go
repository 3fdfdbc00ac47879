package domainproof_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
	"github.com/echoblogs/echoblogs/test/testkit/dnsserver"
)

func TestRecordOf(t *testing.T) {
	t.Parallel()
	want := domainproof.Record{Name: "_echoblogs.www.alice.org", Value: "echoblogs-verification=o7bsw4ymqdvtstsnlylodaeqma"}
	got := domainproof.RecordOf("2f1e7c1a-7a57-4c77-9c0e-1f8a3c7d9b10", 7, "www.alice.org")
	if got != want {
		t.Errorf("got %+v, want %+v: records that people have set no longer prove their domains", got, want)
	}
	if !regexp.MustCompile(`^echoblogs-verification=[a-z2-7]{26}$`).MatchString(got.Value) {
		t.Errorf("the value is %q", got.Value)
	}
}

// Whatever differs, the value differs, also where the inputs are the same text if they are joined.
func TestRecordsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, installation := range []string{"", "a", "a1", "a:1", "a,1:1"} {
		for _, id := range []int64{1, 11, 111, -1} {
			for _, host := range []string{"a.org", "1.a.org", "11.a.org", "1,5:a.org"} {
				name := fmt.Sprintf("%q, %d, %q", installation, id, host)
				value := domainproof.RecordOf(installation, id, host).Value
				if other, found := seen[value]; found {
					t.Errorf("%s and %s have the same value", name, other)
				}
				seen[value] = name
			}
		}
	}
}

func TestLookUp(t *testing.T) {
	t.Parallel()
	record := domainproof.RecordOf("installation", 1, "www.alice.org")
	var large []string
	for i := range 200 {
		large = append(large, fmt.Sprintf("record %d of %s", i, strings.Repeat("x", 100)))
	}
	for name, c := range map[string]struct {
		values []string
		fault  dnsserver.Fault
		want   domainproof.Answer
	}{
		"the right record":          {values: []string{record.Value}, want: domainproof.Present},
		"one of several":            {values: []string{"v=spf1 -all", " " + record.Value + " "}, want: domainproof.Present},
		"one of many, over TCP":     {values: append(large, record.Value), want: domainproof.Present},
		"no name":                   {want: domainproof.Missing},
		"no data":                   {fault: dnsserver.NoData, want: domainproof.Missing},
		"another value":             {values: []string{record.Value + "x"}, want: domainproof.Differs},
		"many other values":         {values: large, want: domainproof.Differs},
		"the value in upper case":   {values: []string{strings.ToUpper(record.Value)}, want: domainproof.Differs},
		"a failing server":          {values: []string{record.Value}, fault: dnsserver.ServerFailure, want: domainproof.Silent},
		"a server that refuses":     {values: []string{record.Value}, fault: dnsserver.Refusal, want: domainproof.Silent},
		"a silent server":           {values: []string{record.Value}, fault: dnsserver.Silence, want: domainproof.Silent},
		"an answer to another":      {values: []string{record.Value}, fault: dnsserver.WrongID, want: domainproof.Silent},
		"an answer that is garbage": {values: []string{record.Value}, fault: dnsserver.Garbage, want: domainproof.Silent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := dnsserver.Start(t)
			server.Set(record.Name, c.values...)
			server.Break(c.fault)
			began := time.Now()
			if got := record.LookUp(t.Context(), domainproof.NewResolver(server.Address)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if took := time.Since(began); took > domainproof.Timeout+2*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
