package status_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
)

// Each change of Ready is an event, except that a new object is Ready at once: its conditions say that.
func TestEventsOfReady(t *testing.T) {
	t.Parallel()
	type state struct {
		status  metav1.ConditionStatus
		message string
	}
	for name, test := range map[string]struct {
		states []state
		want   []string
	}{
		"ready at once":         {[]state{{"True", "Serving."}}, nil},
		"ready after a failure": {[]state{{"False", "Failed."}, {"True", "Serving."}}, []string{"Warning Test Failed.", "Normal Test Serving."}},
		"a failure, repeated":   {[]state{{"True", "Serving."}, {"False", "Failed."}, {"False", "Failed."}}, []string{"Warning Test Failed."}},
		"a long message": {
			[]state{{"True", "Serving."}, {"False", strings.Repeat("ä", 600)}}, []string{"Warning Test " + strings.Repeat("ä", 510) + "…"},
		},
		"another message": {[]state{{"True", "Serving."}, {"True", "Serving elsewhere."}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			platform := &v1alpha1.Platform{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "echoblogs"}}
			recorder := events.NewFakeRecorder(10)
			writer := status.Writer{
				Client:   fake.NewClientBuilder().WithScheme(apiserver.Scheme()).WithObjects(platform).WithStatusSubresource(platform).Build(),
				Recorder: status.NewRecorder(recorder),
			}
			if err := writer.Client.Get(t.Context(), client.ObjectKeyFromObject(platform), platform); err != nil {
				t.Fatal(err)
			}
			for _, s := range test.states {
				before := platform.DeepCopy()
				status.NewConditions(platform, nil, metav1.Now().Time).Set(v1alpha1.ConditionReady, s.status, "Test", s.message)
				if _, err := writer.Patch(t.Context(), before, platform); err != nil {
					t.Fatal(err)
				}
			}
			close(recorder.Events)
			var recorded []string
			for event := range recorder.Events {
				recorded = append(recorded, event)
			}
			if diff := cmp.Diff(test.want, recorded); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}
