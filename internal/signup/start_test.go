package signup_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// start starts a registration that is valid.
func (e *env) start(s *signup.Service, r signup.Request) (signup.Registration, string) {
	e.t.Helper()
	registration, token, err := s.Start(e.t.Context(), r)
	if err != nil {
		e.t.Fatalf("start the registration of %s: %v", r.Username, err)
	}
	return registration, token
}

// wantInvalid fails the test unless a request is refused with a sentence for one field.
func (e *env) wantInvalid(s *signup.Service, r signup.Request, field, sentence string) {
	e.t.Helper()
	_, _, err := s.Start(e.t.Context(), r)
	var invalid *signup.ValidationError
	if !errors.As(err, &invalid) {
		e.t.Errorf("%s: got error %v, want a ValidationError", r.Username, err)
		return
	}
	if diff := cmp.Diff([]signup.FieldError{{Field: field, Sentence: sentence}}, invalid.Fields); diff != "" {
		e.t.Errorf("%s (-want +got):\n%s", r.Username, diff)
	}
}

func TestStartWaitsUntilTheBlogIsLive(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.cluster.ready = true
	s := e.running()
	want := request("alice")
	want.Username, want.Email = " Alice ", " Alice@Example.org "
	r, token := e.start(s, want)
	if r.State != signup.Live || r.Username != "alice" || r.Email != "Alice@Example.org" {
		t.Errorf("Start returned %+v", r)
	}
	e.want("alice", outcome{State: signup.Live, User: "active", Tenant: true})
	if n := e.count(`SELECT count(*) FROM public.outbox WHERE kind = 'mail.confirm' AND user_id = $1`, r.UserID); n != 1 {
		t.Errorf("%d confirmation emails are queued, want 1", n)
	}
	if n := e.count(`SELECT count(*) FROM public.users WHERE password_hash = $1`, "hash of "+password); n != 1 {
		t.Errorf("the password hash is not stored")
	}
	// The token can be redeemed once.
	if userID, err := s.RedeemToken(t.Context(), token); err != nil || userID != r.UserID {
		t.Errorf("RedeemToken returned %d and error %v, want %d", userID, err, r.UserID)
	}
	if _, err := s.RedeemToken(t.Context(), token); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("the second time RedeemToken returned error %v, want ErrNotFound", err)
	}
	if _, err := s.Progress(t.Context(), token); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("Progress returned error %v for a token that was redeemed, want ErrNotFound", err)
	}
}

func TestStartReturnsBeforeTheBlogIsLive(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	s := e.service()
	r, token := e.start(s, request("alice"))
	if r.State != signup.Provisioning {
		t.Errorf("Start returned %+v", r)
	}
	e.want("alice", outcome{State: signup.Provisioning, User: "registering", Tenant: true})
	if _, err := s.RedeemToken(t.Context(), token); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("RedeemToken returned error %v before the blog is live, want ErrNotFound", err)
	}
	changes, stop := s.Watch(r.ID)
	defer stop()
	e.cluster.set("alice", v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaReady)
	<-changes
	progress, err := s.Progress(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	want := []signup.Step{
		{ID: "account", Title: "Your account", Done: true}, {ID: "database", Title: "A place for your posts", Done: true},
		{ID: "domains", Title: "Your blog's address"}, {ID: "route", Title: "The route to your blog"}, {ID: "serving", Title: "Your blog is online"},
	}
	if diff := cmp.Diff(want, progress.Steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestStartValidates(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.cluster.ready = true
	s := e.running(func(o *signup.Options) { o.PerHour, o.RefusedPerHour = 1000, 1000 })
	e.start(s, request("alice"))
	e.cluster.add("bob", "", "", "", false)
	e.exec(`CREATE SCHEMA erin`)
	for name, c := range map[string]struct {
		edit            func(*signup.Request)
		field, sentence string
	}{
		"no user name":     {func(r *signup.Request) { r.Username = " " }, "username", "This field is required."},
		"no email address": {func(r *signup.Request) { r.Email = "" }, "email", "This field is required."},
		"no password":      {func(r *signup.Request) { r.Password = "" }, "password", "This field is required."},
		"underscore": {
			func(r *signup.Request) { r.Username = "John_Doe" }, "username",
			"The name becomes part of your blog's address, which cannot contain an underscore: use john-doe.",
		},
		"user name in use":   {func(r *signup.Request) { r.Username = "ALICE" }, "username", "This name is taken. Choose another one."},
		"Tenant exists":      {func(r *signup.Request) { r.Username = "bob" }, "username", "This name is taken. Choose another one."},
		"schema exists":      {func(r *signup.Request) { r.Username = "erin" }, "username", "This name is taken. Choose another one."},
		"email in use":       {func(r *signup.Request) { r.Email = "ALICE@example.org" }, "email", "An account with this email address already exists. Log in instead."},
		"not an address":     {func(r *signup.Request) { r.Email = "zoe" }, "email", "Enter a valid email address, such as jane@example.com."},
		"address and name":   {func(r *signup.Request) { r.Email = "Zoe <zoe@example.org>" }, "email", "Enter a valid email address, such as jane@example.com."},
		"long address":       {func(r *signup.Request) { r.Email = strings.Repeat("z", 250) + "@a.example" }, "email", "Enter an email address of at most 254 characters."},
		"passwords differ":   {func(r *signup.Request) { r.RepeatedPassword = new(password + "!") }, "confirm_password", "The passwords do not match."},
		"no second password": {func(r *signup.Request) { r.RepeatedPassword = new("") }, "confirm_password", "The passwords do not match."},
	} {
		t.Run(name, func(t *testing.T) {
			e := *e
			e.t = t
			r := request("zoe")
			c.edit(&r)
			e.wantInvalid(s, r, c.field, c.sentence)
		})
	}
	if n := e.count(`SELECT count(*) FROM public.users`); n != 1 {
		t.Errorf("there are %d users, want 1", n)
	}
	// Every field that is wrong is reported at once.
	_, _, err := s.Start(t.Context(), signup.Request{RepeatedPassword: new("x"), Address: "192.0.2.1"})
	var invalid *signup.ValidationError
	if !errors.As(err, &invalid) || len(invalid.Fields) != 4 {
		t.Errorf("an empty request: got error %v with fields %+v", err, invalid)
	}
}

func TestStartWithInvitationCodes(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.cluster.ready = true
	e.cluster.platform.Spec.Registration = v1alpha1.RegistrationInvite
	s := e.running(func(o *signup.Options) { o.PerHour = 1000 })
	code := func(uses int, life time.Duration) string {
		t.Helper()
		now := e.clock.Now()
		code, err := signup.InsertCode(t.Context(), e.pool, signup.RegistrationCode{Note: "friends", UsesLeft: uses, CreatedAt: now, ExpiresAt: now.Add(life)})
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	with := func(name, code string) signup.Request {
		r := request(name)
		r.Code = code
		return r
	}
	const wrong = "This registration code is not valid. It may have expired or been used up."
	e.wantInvalid(s, with("alice", ""), "code", "Enter the registration code that you were given.")
	e.wantInvalid(s, with("alice", "unknown"), "code", wrong)
	e.wantInvalid(s, with("alice", code(1, 0)), "code", wrong)
	once := code(1, time.Hour)
	e.start(s, with("alice", " "+once+" "))
	e.wantInvalid(s, with("bob", once), "code", wrong)
	// A sign-up that fails refunds its code.
	once = code(1, time.Hour)
	e.cluster.refuse = true
	e.wantInvalid(s, with("bob", once), "form", "Your blog could not be created. Try another name.")
	e.cluster.refuse = false
	e.start(s, with("bob", once))
	// An open Platform requires no code.
	e.cluster.platform.Spec.Registration = v1alpha1.RegistrationOpen
	e.start(s, with("carol", "unknown"))
}

func TestStartWhenClosed(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.cluster.platform.Spec.Registration = v1alpha1.RegistrationClosed
	if _, _, err := e.service().Start(t.Context(), request("alice")); !errors.Is(err, signup.ErrClosed) {
		t.Errorf("got error %v, want ErrClosed", err)
	}
	e.want("alice", outcome{})
}

// While the API server is unavailable, sign-ups fail, leave nothing behind, and do not count for the rate limit.
func TestStartWithoutAPIServer(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	s := e.service(func(o *signup.Options) { o.PerHour = 1 })
	e.cluster.unavailable = true
	if _, _, err := s.Start(t.Context(), request("alice")); !errors.Is(err, signup.ErrUnavailable) || !errors.Is(err, tenants.ErrUnavailable) {
		t.Errorf("got error %v, want ErrUnavailable", err)
	}
	e.want("alice", outcome{State: signup.RollingBack, Failure: signup.Unavailable, User: "registering"})
	e.wantInvalid(s, request("alice"), "form", "A failed sign-up with this name or email address is still being rolled back. Try again in a minute.")
	e.cluster.unavailable = false
	if _, err := s.Advance(t.Context(), e.registration("alice")); err != nil {
		t.Fatal(err)
	}
	e.want("alice", outcome{State: signup.Failed, Failure: signup.Unavailable})
	e.exec(`DELETE FROM public.registrations`)
	e.start(s, request("alice"))
}

// Someone else's Tenant is not taken over.
func TestStartFindsSomeoneElsesTenant(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.cluster.stale = true // the Tenant was created a moment ago
	e.cluster.add("alice", "", "", "", false)
	s := e.service(func(o *signup.Options) { o.PerHour = 1 })
	for range 2 { // a failure does not count for the rate limit
		e.exec(`DELETE FROM public.registrations`)
		e.wantInvalid(s, request("alice"), "username", "This name is taken. Choose another one.")
		e.want("alice", outcome{State: signup.Failed, Failure: signup.NameTaken})
	}
	if e.cluster.registrationOf("alice") != "" || e.cluster.tenants["alice"] == nil {
		t.Errorf("the Tenant is %+v", e.cluster.tenants["alice"])
	}
}

func TestStartIsRateLimited(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	s := e.service(func(o *signup.Options) { o.PerHour, o.RefusedPerHour = 2, 3 })
	wantExceeded := func(r signup.Request, wait time.Duration) {
		t.Helper()
		_, _, err := s.Start(t.Context(), r)
		var exceeded *ratelimit.ExceededError
		if !errors.As(err, &exceeded) || exceeded.Wait != wait {
			t.Errorf("%s: got error %v, want an ExceededError with the wait %s", r.Username, err, wait)
		}
	}
	e.start(s, request("alice"))
	e.clock.add(time.Minute)
	e.start(s, request("bob"))
	wantExceeded(request("carol"), 59*time.Minute)
	for range 3 {
		e.wantInvalid(s, request("www"), "username", "This name is reserved for the platform itself: choose another name.")
	}
	wantExceeded(request("www"), time.Hour)
	elsewhere := request("carol")
	elsewhere.Address = "192.0.2.2"
	e.start(s, elsewhere)
	e.clock.add(time.Hour)
	e.start(s, request("dave"))
}

func TestConfirmFirst(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	mails := 0
	s := e.service(func(o *signup.Options) { o.ConfirmFirst, o.MailQueued = true, func() { mails++ } })
	r, _ := e.start(s, request("alice"))
	if r.State != signup.Confirming || mails != 1 {
		t.Errorf("Start returned %+v, %d emails are queued", r, mails)
	}
	if err := s.Confirmed(t.Context(), r.UserID); err != nil {
		t.Fatal(err)
	}
	e.want("alice", outcome{State: signup.Confirming, User: "registering"})
	e.exec(`UPDATE public.users SET confirmed_at = $1`, e.clock.Now())
	if err := s.Confirmed(t.Context(), r.UserID); err != nil {
		t.Fatal(err)
	}
	e.want("alice", outcome{State: signup.Provisioning, User: "registering", Tenant: true})
	e.cluster.set("alice", v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded)
	if _, err := s.Advance(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	e.want("alice", outcome{State: signup.Live, User: "active", Tenant: true})
	if n := e.count(`SELECT count(*) FROM public.outbox`); n != 1 {
		t.Errorf("%d emails are queued, want 1", n)
	}
	if err := s.Confirmed(t.Context(), r.UserID+1); err != nil {
		t.Errorf("a user without a registration: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.cluster.ready = true
	s := e.running()
	e.wantInvalid(s, request("www"), "username", "This name is reserved for the platform itself: choose another name.")
	e.start(s, request("alice"))
	e.cluster.refuse = true
	e.wantInvalid(s, request("bob"), "form", "Your blog could not be created. Try another name.")
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(s.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			got[name] = metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	want := map[string]float64{
		"echoblogs_signups_total  started": 3, "echoblogs_signups_total username refused": 1, "echoblogs_signups_total  live": 1,
		"echoblogs_signups_total refused failed": 1, "echoblogs_signups_total form refused": 1, "echoblogs_signup_duration_seconds": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}
