use earnorm::prelude::*;

use super::InvoiceLine;

/// A band or a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "artist")]
#[relation(one_to_many, target = Album, fk = artist_id, cascade_delete, back_populates = "artist")]
pub struct Artist {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// How it is called.
    pub name: String,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "album")]
#[relation(one_to_many, target = Track, fk = album_id, cascade_delete, back_populates = "album")]
pub struct Album {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// What is on the cover.
    pub title: String,
    /// Whose it is.
    #[relation(many_to_one, target = Artist, back_populates = "albums")]
    pub artist_id: i32,
}

/// A song, or a film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "track")]
#[relation(one_to_many, target = InvoiceLine, fk = track_id, cascade_delete, back_populates = "track")]
#[relation(many_to_many, target = Playlist, through = PlaylistTrack, back_populates = "tracks")]
pub struct Track {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// How it is called.
    pub name: String,
    /// The record that it is on.
    #[relation(many_to_one, target = Album, back_populates = "tracks")]
    pub album_id: i32,
    /// How it is stored.
    #[relation(many_to_one, target = MediaType, back_populates = "tracks")]
    pub media_type_id: i32,
    /// What it sounds like.
    #[relation(many_to_one, target = Genre, back_populates = "tracks")]
    pub genre_id: i32,
    /// Who wrote it, if that is known.
    pub composer: Option<String>,
    /// How long it is.
    pub milliseconds: i32,
    /// How much there is to download.
    pub bytes: i32,
    /// What it costs, in dollars.
    pub unit_price: f64,
}

/// What music sounds like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "genre")]
#[relation(one_to_many, target = Track, fk = genre_id, back_populates = "genre")]
pub struct Genre {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// How it is called.
    pub name: String,
}

/// The format of a track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "media_type")]
#[relation(one_to_many, target = Track, fk = media_type_id, back_populates = "media_type")]
pub struct MediaType {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// How it is called.
    pub name: String,
}

/// Tracks that somebody put together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "playlist")]
#[relation(many_to_many, target = Track, through = PlaylistTrack, back_populates = "playlists")]
#[relation(one_to_many, name = "entries", target = PlaylistTrack, fk = playlist_id, back_populates = "playlist")]
pub struct Playlist {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// How it is called.
    pub name: String,
}

/// That a track is on a playlist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "playlist_track")]
pub struct PlaylistTrack {
    /// Made on insert: the data has none.
    #[serde(rename = "_id")]
    pub id: Option<ObjectId>,
    /// The playlist.
    #[relation(many_to_one, target = Playlist, back_populates = "entries")]
    pub playlist_id: i32,
    /// The track.
    #[relation(many_to_one, target = Track)]
    pub track_id: i32,
}
