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
    /// Its name.
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
    /// Its title.
    pub title: String,
    /// The artist.
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
    /// Its name.
    pub name: String,
    /// The album.
    #[relation(many_to_one, target = Album, back_populates = "tracks")]
    pub album_id: i32,
    /// The format.
    #[relation(many_to_one, target = MediaType, back_populates = "tracks")]
    pub media_type_id: i32,
    /// The genre.
    #[relation(many_to_one, target = Genre, back_populates = "tracks")]
    pub genre_id: i32,
    /// Who wrote it, if known.
    pub composer: Option<String>,
    /// Its length.
    pub milliseconds: i32,
    /// The size of the file.
    pub bytes: i32,
    /// The price, in dollars.
    pub unit_price: f64,
}

/// A genre of music.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "genre")]
#[relation(one_to_many, target = Track, fk = genre_id, back_populates = "genre")]
pub struct Genre {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// Its name.
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
    /// Its name.
    pub name: String,
}

/// A list of tracks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "playlist")]
#[relation(many_to_many, target = Track, through = PlaylistTrack, back_populates = "playlists")]
#[relation(one_to_many, name = "entries", target = PlaylistTrack, fk = playlist_id, back_populates = "playlist")]
pub struct Playlist {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// Its name.
    pub name: String,
}

/// An entry of a playlist: one track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "playlist_track")]
pub struct PlaylistTrack {
    /// Generated on insert. The data has no ids for these.
    #[serde(rename = "_id")]
    pub id: Option<ObjectId>,
    /// The playlist.
    #[relation(many_to_one, target = Playlist, back_populates = "entries")]
    pub playlist_id: i32,
    /// The track.
    #[relation(many_to_one, target = Track)]
    pub track_id: i32,
}
