package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// writeTimeout bounds the transaction of Save, so that a locked table does not hold a connection for long.
const writeTimeout = 10 * time.Second

// ErrChanged is returned when settings were changed after the version that a change is based on.
var ErrChanged = errors.New("the settings have been changed in the meantime")

// Stored are the settings of a blog, as they are stored.
type Stored struct {
	Settings
	// AboutHTML and FooterHTML are the rendered texts, sanitized.
	AboutHTML  string `json:"about_html,omitempty"`
	FooterHTML string `json:"footer_html,omitempty"`
	// UpdatedAt is when the settings were last changed; each change has a later time. The zero time: the owner has set nothing.
	UpdatedAt time.Time `json:"-"`
}

// Store reads and writes the settings of one tenant. Every statement names the tenant's schema.
type Store struct {
	schema string
	table  string
}

// NewStore returns a Store for the settings in a schema. It is cheap enough to be called for every request.
func NewStore(schema string) Store {
	return Store{schema, pgx.Identifier{schema, "settings"}.Sanitize()}
}

// Load returns the settings of a blog.
func (s Store) Load(ctx context.Context, db postgres.Querier) (Stored, error) {
	stored, err := s.load(ctx, db)
	if err != nil {
		return Stored{}, fmt.Errorf("read the settings of %s: %w", s.schema, err)
	}
	return stored, nil
}

// QueueLoad adds the statement of Load to a batch. The settings are read into stored.
func (s Store) QueueLoad(batch *postgres.Batch, stored *Stored) {
	batch.Queue(s.selectSettings()).QueryRow(func(row pgx.Row) error {
		var err error
		if *stored, err = scan(row); err != nil {
			return fmt.Errorf("read the settings of %s: %w", s.schema, err)
		}
		return nil
	})
}

func (s Store) selectSettings() string { return `SELECT document, updated_at FROM ` + s.table }

func (s Store) load(ctx context.Context, db postgres.Querier) (Stored, error) {
	return scan(db.QueryRow(ctx, s.selectSettings()))
}

func scan(row pgx.Row) (stored Stored, err error) {
	err = row.Scan(&stored, &stored.UpdatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Stored{}, nil
	}
	return stored, err
}

// SaveRequest are settings to save.
type SaveRequest struct {
	// Settings are saved as a whole. Save normalizes them.
	Settings Settings
	// Base is Stored.UpdatedAt of the settings that were edited. Changes made since are never overwritten.
	Base time.Time
	// Now is the current time.
	Now time.Time
}

// Save stores settings, and returns them as they are stored. Saving the same settings again changes nothing, so a caller can retry
// after a lost response.
//
// Errors: *InvalidError if the settings are invalid, and ErrChanged if they were changed since Base.
func (s Store) Save(ctx context.Context, db postgres.Beginner, r SaveRequest) (Stored, error) {
	saved, err := prepare(r.Settings)
	if err != nil {
		return Stored{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err = contentversion.Change(ctx, db, s.schema, func(tx pgx.Tx) error {
		stored, err := s.load(ctx, tx)
		switch {
		case err != nil:
			return err
		case reflect.DeepEqual(stored.Settings, saved.Settings) && !stored.UpdatedAt.IsZero():
			saved = stored
			return nil
		}
		if saved.UpdatedAt = r.Now.Truncate(time.Microsecond); !saved.UpdatedAt.After(stored.UpdatedAt) { // the clock was set back
			saved.UpdatedAt = stored.UpdatedAt.Add(time.Microsecond)
		}
		return s.write(ctx, tx, saved, r.Base)
	})
	if err != nil {
		return Stored{}, fmt.Errorf("save the settings of %s: %w", s.schema, err)
	}
	return saved, nil
}

// write stores settings in place of those of the base, or returns ErrChanged. The zero time: there are none.
func (s Store) write(ctx context.Context, tx pgx.Tx, saved Stored, base time.Time) error {
	document, err := json.Marshal(saved)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	statement, args := `UPDATE `+s.table+` SET document = $1, updated_at = $2 WHERE updated_at = $3`, []any{string(document), saved.UpdatedAt, base}
	if base.IsZero() {
		statement, args = `INSERT INTO `+s.table+` (document, updated_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, args[:2]
	}
	tag, err := tx.Exec(ctx, statement, args...)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrChanged
	}
	return err
}

// prepare checks and renders settings.
func prepare(s Settings) (Stored, error) {
	s.Normalize()
	if err := s.Check(); err != nil {
		return Stored{}, err
	}
	saved := Stored{Settings: s}
	invalid := &InvalidError{}
	for _, text := range []struct {
		key, name, markdown string
		html                *string
	}{{"about", "text about you", s.About, &saved.AboutHTML}, {"footer", "footer", s.Footer, &saved.FooterHTML}} {
		result, err := s.render(text.markdown)
		if err != nil {
			invalid.add(text.key, "The %s has too much markup. Shorten it.", text.name)
		}
		*text.html = render.PrefixIDs(result.HTML, text.key)
	}
	if len(invalid.Fields) > 0 {
		return Stored{}, invalid
	}
	return saved, nil
}

func (s *Settings) render(markdown string) (render.Result, error) {
	return render.Markdown(markdown, render.Options{SmartPunctuation: s.SmartPunctuation, Language: s.Language})
}

// Notes tell the author what readers see otherwise than it was written in the text about the author and in the footer.
func (s *Settings) Notes() (about, footer []render.Note) {
	// What cannot be rendered is refused when it is saved.
	aboutResult, _ := s.render(s.About)
	footerResult, _ := s.render(s.Footer)
	return aboutResult.Notes, footerResult.Notes
}
