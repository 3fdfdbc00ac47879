package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// samples are the metrics of a program.
type samples map[string]*dto.MetricFamily

func parseMetrics(text []byte) (samples, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	return families, nil
}

// sum returns the sum of the samples of a counter or gauge with the given labels.
func (s samples) sum(name string, labels map[string]string) float64 {
	var total float64
	for _, metric := range s[name].GetMetric() {
		matching := 0
		for _, label := range metric.GetLabel() {
			if want, ok := labels[label.GetName()]; ok && want == label.GetValue() {
				matching++
			}
		}
		if matching == len(labels) {
			total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return total
}

// maxAnswer is the maximum size of a response in bytes.
const maxAnswer = 64 << 20

// get returns the body of a response. Any other status than 200 is an error.
func get(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", address, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s responds with %s", address, response.Status)
	}
	return body, err
}
