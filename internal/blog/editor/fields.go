package editor

// formFields are the fields of a form, as its page shows them. The page calls a method for each, with its label and hint.
type formFields struct {
	// Errors are sentences by the names of the fields. The empty name stands for the form as a whole.
	Errors map[string]string
	// ReadOnly says why the blog cannot be changed. Empty: it can.
	ReadOnly string
	// prefix begins the IDs of the fields.
	prefix string
	// values are what the fields hold, by their names. A box with a check mark holds checked.
	values map[string]string
}

// checked is the value of a box with a check mark.
const checked = "1"

// formField is the data of the template "field".
type formField struct {
	ID, Name, Label, Hint, Value, Error string
	ReadOnly                            bool
	// Type is the type of the input. Empty: an area of several lines.
	Type string
	// Code says that the value is no text in a language, such as an address.
	Code bool
	// List is the ID of the list of suggestions. Empty: there is none.
	List string
}

func (f *formFields) field(name, label, hint string) formField {
	return formField{
		ID: f.prefix + "." + name, Name: name, Label: label, Hint: hint, Value: f.values[name], Error: f.Errors[name], ReadOnly: f.ReadOnly != "",
	}
}

// Text is a line of text.
func (f *formFields) Text(name, label, hint string) formField {
	field := f.field(name, label, hint)
	field.Type = "text"
	return field
}

// Area is several lines of text.
func (f *formFields) Area(name, label, hint string) formField { return f.field(name, label, hint) }

// Code is a line that is no text in a language.
func (f *formFields) Code(name, label, hint string) formField {
	return f.Input("text", name, label, hint)
}

// CodeArea is several lines that are no text in a language.
func (f *formFields) CodeArea(name, label, hint string) formField {
	return f.Input("", name, label, hint)
}

// Input is an input of a type.
func (f *formFields) Input(kind, name, label, hint string) formField {
	field := f.field(name, label, hint)
	field.Type, field.Code = kind, true
	return field
}

// Suggest is a line that is no text in a language, with a list of suggestions.
func (f *formFields) Suggest(list, name, label, hint string) formField {
	field := f.Code(name, label, hint)
	field.List = list
	return field
}

// Box is a box for a check mark.
func (f *formFields) Box(name, label, hint string) formField {
	return f.Input("checkbox", name, label, hint)
}

// checkValue returns the value of a box.
func checkValue(set bool) string {
	if set {
		return checked
	}
	return ""
}
