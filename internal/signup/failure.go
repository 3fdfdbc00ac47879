package signup

// Failure is why a registration was rolled back.
type Failure string

// The failures of a registration. They are stored, and label a metric.
const (
	// NameTaken: someone else's Tenant has the name, the schema or the host.
	NameTaken Failure = "name_taken"
	// Deleted: the Tenant was deleted before it was Ready.
	Deleted Failure = "deleted"
	// Refused: the API server did not accept the Tenant.
	Refused Failure = "refused"
	// Unavailable: the API server was unavailable.
	Unavailable Failure = "unavailable"
	// Interrupted: the portal stopped before it had created the Tenant.
	Interrupted Failure = "interrupted"
	// Unconfirmed: the address was not confirmed in time.
	Unconfirmed Failure = "unconfirmed"
)

// Sentence tells the person what happened and what to do.
func (f Failure) Sentence() string {
	switch f {
	case NameTaken:
		return sentenceNameTaken
	case Deleted:
		return "Your blog was deleted before it was ready. Sign up again."
	case Refused:
		return "Your blog could not be created. Try another name."
	case Unavailable:
		return "Blogs could not be created at that moment. Sign up again."
	case Unconfirmed:
		return "Your email address was not confirmed in time. Sign up again."
	}
	return "Your sign-up was interrupted. Sign up again."
}
