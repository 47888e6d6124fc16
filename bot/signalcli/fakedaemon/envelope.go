package fakedaemon

// The parts of an envelope, in the order in which the daemon writes them.
type (
	envelope struct {
		Source    string    `json:"source"`
		Number    *string   `json:"sourceNumber"`
		UUID      string    `json:"sourceUuid"`
		Name      string    `json:"sourceName"`
		Device    int       `json:"sourceDevice"`
		Timestamp int64     `json:"timestamp"`
		Received  int64     `json:"serverReceivedTimestamp"`
		Delivered int64     `json:"serverDeliveredTimestamp"`
		Data      *data     `json:"dataMessage,omitempty"`
		Edit      *edit     `json:"editMessage,omitempty"`
		Receipt   *receipt  `json:"receiptMessage,omitempty"`
		Typing    *typing   `json:"typingMessage,omitempty"`
		Sync      *syncPart `json:"syncMessage,omitempty"`
		Call      any       `json:"callMessage,omitempty"`
	}
	data struct {
		Timestamp  int64      `json:"timestamp"`
		Message    *string    `json:"message"`
		Expires    int64      `json:"expiresInSeconds"`
		OnlyTimer  *bool      `json:"isExpirationUpdate,omitempty"`
		ViewOnce   bool       `json:"viewOnce"`
		Reaction   *reaction  `json:"reaction,omitempty"`
		Quote      *quote     `json:"quote,omitempty"`
		Files      []file     `json:"attachments,omitempty"`
		Delete     *stamped   `json:"remoteDelete,omitempty"`
		Styles     []styled   `json:"textStyles,omitempty"`
		Group      *groupInfo `json:"groupInfo,omitempty"`
		PollCreate *poll      `json:"pollCreate,omitempty"`
		PollVote   *vote      `json:"pollVote,omitempty"`
	}
	author struct {
		Author       string `json:"author"`
		AuthorNumber string `json:"authorNumber"`
		AuthorUUID   string `json:"authorUuid"`
	}
	reaction struct {
		Emoji        string `json:"emoji"`
		Author       string `json:"targetAuthor"`
		AuthorNumber string `json:"targetAuthorNumber"`
		AuthorUUID   string `json:"targetAuthorUuid"`
		Target       int64  `json:"targetSentTimestamp"`
		Remove       bool   `json:"isRemove"`
	}
	quote struct {
		ID int64 `json:"id"`
		author
		Text  string `json:"text"`
		Files []file `json:"attachments"`
	}
	file struct {
		ContentType string  `json:"contentType"`
		Filename    string  `json:"filename"`
		ID          string  `json:"id"`
		Size        int     `json:"size"`
		Width       int     `json:"width"`
		Height      int     `json:"height"`
		Caption     *string `json:"caption"`
		Uploaded    *int64  `json:"uploadTimestamp"`
	}
	stamped struct {
		Timestamp int64 `json:"timestamp"`
	}
	styled struct {
		Style  string `json:"style"`
		Start  int    `json:"start"`
		Length int    `json:"length"`
	}
	groupInfo struct {
		ID       string `json:"groupId"`
		Name     string `json:"groupName"`
		Revision int    `json:"revision"`
		Type     string `json:"type"`
	}
	poll struct {
		Question string   `json:"question"`
		Multiple bool     `json:"allowMultiple"`
		Options  []string `json:"options"`
	}
	vote struct {
		author
		Target int64 `json:"targetSentTimestamp"`
		Which  []int `json:"optionIndexes"`
		Count  int   `json:"voteCount"`
	}
	edit struct {
		Target int64 `json:"targetSentTimestamp"`
		Data   *data `json:"dataMessage"`
	}
	receipt struct {
		When     int64   `json:"when"`
		Delivery bool    `json:"isDelivery"`
		Read     bool    `json:"isRead"`
		Viewed   bool    `json:"isViewed"`
		Stamps   []int64 `json:"timestamps"`
	}
	typing struct {
		Action    string `json:"action"`
		Timestamp int64  `json:"timestamp"`
	}
	syncPart struct {
		Sent *sent      `json:"sentMessage,omitempty"`
		Read []readPart `json:"readMessages,omitempty"`
	}
	sent struct {
		Destination string  `json:"destination"`
		Number      *string `json:"destinationNumber"`
		UUID        string  `json:"destinationUuid"`
		Timestamp   int64   `json:"timestamp"`
		Message     string  `json:"message"`
		Expires     int64   `json:"expiresInSeconds"`
		ViewOnce    bool    `json:"viewOnce"`
	}
	readPart struct {
		Sender    string  `json:"sender"`
		Number    *string `json:"senderNumber"`
		UUID      string  `json:"senderUuid"`
		Timestamp int64   `json:"timestamp"`
	}
	payload struct {
		Exception any       `json:"exception,omitempty"`
		Envelope  *envelope `json:"envelope,omitempty"`
		Account   string    `json:"account"`
	}
)
