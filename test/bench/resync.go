package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/bench/report"
)

// resync is the cost of a restart of the operator when no Tenant needs a change.
type resync struct {
	took time.Duration
	// perTenant counts statements per Tenant; others counts those of the Platform.
	perTenant, others float64
	// writes to the API server, by verb and resource.
	writes map[string]float64
	// memory of the operator at the end, in MiB.
	memory float64
}

// measureResync restarts the operator when no Tenant needs a change. Nothing else writes meanwhile.
func (b *benchmark) measureResync(ctx context.Context) error {
	b.progress.say("%d restarts of the operator with %d Tenants", b.sizes.rounds, len(b.fleet))
	// Statements are counted in the log of the server, which needs no extension.
	role := "ALTER ROLE " + postgres.DefaultRolePrefix.Role(postgres.Operator)
	if err := execute(ctx, b.stack.databases.administrator, role+" SET log_statement = 'all'"); err != nil {
		return fmt.Errorf("enable the logging of statements: %w", err)
	}
	var took, limit, memory, queries, writes, others []float64
	for round := range b.rounds() {
		err := inTurn(round, func() error {
			r, err := b.restart(ctx)
			if err != nil {
				return err
			}
			for what, count := range r.writes {
				b.progress.say("  %s: %g", what, count)
			}
			took, memory = append(took, report.Milliseconds(r.took)), append(memory, r.memory)
			queries, others = append(queries, r.perTenant/float64(len(b.fleet))), append(others, r.others)
			writes = append(writes, sumOf(r.writes))
			return nil
		}, func() error {
			d, err := b.bareResync(ctx)
			limit = append(limit, report.Milliseconds(d))
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := execute(ctx, b.stack.databases.administrator, role+" RESET log_statement"); err != nil {
		return fmt.Errorf("disable the logging of statements: %w", err)
	}
	b.add(fmt.Sprintf("Start of the operator until %d Tenants are reconciled", len(b.fleet)), "ms", took...).
		WithLimit(fmt.Sprintf("list them and their Ingresses, the same query for each, %d clients", manyClients), limit)
	b.add("Queries of that for each Tenant", "", queries...).AtMost(0)
	b.add("Writes to the API server by all of them", "", writes...).AtMost(0)
	b.add("Other statements of a start", "", others...)
	b.add(fmt.Sprintf("Memory of the operator with %d Tenants", len(b.fleet)), "MiB", memory...)
	return nil
}

func sumOf(counts map[string]float64) float64 {
	var total float64
	for _, count := range counts {
		total += count
	}
	return total
}

// restart restarts the operator, and returns when it has reconciled every Tenant.
func (b *benchmark) restart(ctx context.Context) (resync, error) {
	if err := b.stack.stopOperator(ctx); err != nil {
		return resync{}, err
	}
	writes, err := b.stack.countWrites(ctx)
	if err != nil {
		return resync{}, err
	}
	log, err := os.Open(b.stack.log("postgres"))
	if err != nil {
		return resync{}, fmt.Errorf("open the server's log: %w", err)
	}
	defer log.Close()
	if _, err := log.Seek(0, io.SeekEnd); err != nil {
		return resync{}, fmt.Errorf("find the end of the server's log: %w", err)
	}
	start := time.Now()
	if err := b.stack.startOperator(ctx); err != nil {
		return resync{}, err
	}
	if err := b.stack.awaitIdle(ctx, len(b.fleet)); err != nil {
		return resync{}, err
	}
	r := resync{took: time.Since(start), writes: map[string]float64{}}
	if r.memory, err = memoryOf(b.stack.operator.PID(), "VmRSS"); err != nil {
		return r, err
	}
	if r.perTenant, r.others, err = countStatements(log, len(b.fleet)); err != nil {
		return r, err
	}
	after, err := b.stack.countWrites(ctx)
	for what, count := range after {
		if count > writes[what] {
			r.writes[what] = count - writes[what]
		}
	}
	return r, err
}

// awaitIdle returns when the operator has reconciled a number of Tenants and its queue is empty.
func (s *stack) awaitIdle(ctx context.Context, tenants int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	look := time.NewTicker(100 * time.Millisecond) // each look takes CPU time of the operator
	defer look.Stop()
	for {
		done, waiting, err := s.progressOfQueue(ctx)
		if err == nil && done >= float64(tenants) && waiting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("the operator has reconciled %g of %d Tenants, and %g are queued: %w", done, tenants, waiting, ctx.Err()), err)
		case <-look.C:
		}
	}
}

// progressOfQueue returns the number of Tenants that were reconciled, and the length of the queue. It fails until the
// operator serves its metrics.
func (s *stack) progressOfQueue(ctx context.Context) (done, waiting float64, err error) {
	text, err := get(ctx, "http://"+s.addresses.operatorMetrics+"/metrics")
	if err != nil {
		return 0, 0, fmt.Errorf("read the operator's metrics: %w", err)
	}
	metrics, err := parseMetrics(text)
	if err != nil {
		return 0, 0, err
	}
	controller := map[string]string{"controller": "tenant"}
	waiting = metrics.sum("workqueue_depth", controller) + metrics.sum("controller_runtime_active_workers", controller)
	return metrics.sum("echoblogs_tenants_reconciled", nil), waiting, nil
}

// countWrites returns the API server's number of writes to the resources of the operator, by verb and resource.
func (s *stack) countWrites(ctx context.Context) (map[string]float64, error) {
	text, err := s.client.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the API server's metrics: %w", err)
	}
	metrics, err := parseMetrics(text)
	if err != nil {
		return nil, err
	}
	writes := map[string]float64{}
	for _, resource := range []string{"tenants", "platforms", "ingresses", "events"} {
		for _, verb := range []string{"POST", "PUT", "PATCH", "APPLY", "DELETE"} {
			writes[verb+" "+resource] = metrics.sum("apiserver_request_total", map[string]string{"verb": verb, "resource": resource})
		}
	}
	return writes, nil
}

// countStatements counts the operator's statements in the log of the server, which has one entry per round trip. A
// statement that occurs for at least half of the Tenants belongs to their reconciles.
func countStatements(log io.Reader, tenants int) (perTenant, others float64, err error) {
	counts := map[string]int{}
	var statement strings.Builder
	end := func() {
		if statement.Len() > 0 {
			counts[statement.String()]++
			statement.Reset()
		}
	}
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "\t") { // a continuation line
			if statement.Len() > 0 {
				statement.WriteString(line)
			}
			continue
		}
		end()
		for _, kind := range []string{" LOG:  statement: ", " LOG:  execute <unnamed>: "} {
			if _, text, ok := strings.Cut(line, kind); ok {
				statement.WriteString(text)
			}
		}
	}
	end()
	for _, count := range counts {
		if 2*count >= tenants {
			perTenant += float64(count)
		} else {
			others += float64(count)
		}
	}
	if err := lines.Err(); err != nil {
		return 0, 0, fmt.Errorf("read the server's log: %w", err)
	}
	return perTenant, others, nil
}

// memoryOf returns the memory of a process in MiB: VmRSS or RssAnon, see proc_pid_status(5).
func memoryOf(pid int, kind string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == kind+":" {
			kilobytes, err := strconv.ParseFloat(fields[1], 64)
			return kilobytes / 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, kind)
}

// bareResync performs the reads that a resync cannot avoid.
func (b *benchmark) bareResync(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	for _, path := range []string{tenantsPath, ingressesPath} {
		if _, err := b.stack.client.Get().AbsPath(fmt.Sprintf(path, namespace)).DoRaw(ctx); err != nil {
			return 0, fmt.Errorf("list: %w", err)
		}
	}
	_, err := atOnce(ctx, manyClients, b.fleet, b.sql.read)
	return time.Since(start), err
}
